#!/bin/sh
# `make compose-check`: docker-compose.yml really run, on a Debian machine without images and without an engine. Brings
# what is missing (the engine, Compose by Go), starts an engine of its own (apart from any other, in the state folder),
# makes stand-ins for the images, runs tests on containers of them, then everything in tests/compose, and stops the engine
# again. Needs root. ARGS= goes to `python -m tests.compose`; an image that a variable <NAME>_IMAGE names is taken as it is.
set -eu

[ "$(id -u)" = 0 ] || { echo "an engine of its own needs root" >&2; exit 1; }
here=$(dirname "$0")
state=${TAWASUL_STATE:-.state}
folder=$(realpath -m "$state/engine")
run=/run/tawasul-engine-$$
compose=v2.40.3
export DOCKER_HOST="unix://$run/docker.sock" DOCKER_CONFIG="$folder/docker-config" TESTCONTAINERS_RYUK_DISABLED=true
unset TAWASUL_TEST_KAFKA_BOOTSTRAP TAWASUL_TEST_MONGO_URI

missing=
command -v dockerd >/dev/null || missing="docker.io iptables"
command -v docker >/dev/null || missing="$missing docker.io"
command -v debootstrap >/dev/null || missing="$missing debootstrap"
command -v mvn >/dev/null || missing="$missing maven"
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # names of packages, several
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
fi

mkdir -p "$folder" "$run"
if ! docker compose version >/dev/null 2>&1; then
    command -v go >/dev/null || { echo "Docker Compose is built with Go, and there is no go" >&2; exit 1; }
    echo "── Docker Compose $compose by Go (once)"
    rm -rf "$folder/compose"
    mkdir -p "$folder/compose" "$DOCKER_CONFIG/cli-plugins"
    source=$(go mod download -json "github.com/docker/compose/v2@$compose" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
    cp -r "$source/." "$folder/compose"
    chmod -R u+w "$folder/compose"
    (cd "$folder/compose" && go build -trimpath \
        -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$compose" \
        -o "$DOCKER_CONFIG/cli-plugins/docker-compose" ./cmd)
    rm -rf "$folder/compose"
fi

dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$run/exec" --pidfile "$run/pid" \
    >"$folder/dockerd.log" 2>&1 &
engine=$!
stop() {
    status=$?
    trap - EXIT
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    # It leaves its network namespaces mounted.
    awk -v run="$run/" 'index($2, run) == 1 { print $2 }' /proc/mounts | xargs -r umount -l || true
    rm -rf "$run" || true
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
waited=0
until docker info >/dev/null 2>&1; do
    if ! kill -0 "$engine" 2>/dev/null || [ "$waited" -ge 60 ]; then
        echo "the engine does not start here:" >&2
        tail -n 5 "$folder/dockerd.log" >&2
        exit 1
    fi
    waited=$((waited + 1))
    sleep 1
done

sh "$here/build.sh" "$folder"
export PYTHON_IMAGE="${PYTHON_IMAGE:-tawasul/python:standin}"
export KAFKA_IMAGE="${KAFKA_IMAGE:-apache/kafka:standin}" MONGODB_IMAGE="${MONGODB_IMAGE:-mongo:standin}"
export CADDY_IMAGE="${CADDY_IMAGE:-tawasul/caddy:standin}" MAILPIT_IMAGE="${MAILPIT_IMAGE:-tawasul/mailpit:standin}"
export KEYCLOAK_IMAGE="${KEYCLOAK_IMAGE:-tawasul/keycloak:standin}"
export PROMETHEUS_IMAGE="${PROMETHEUS_IMAGE:-tawasul/prometheus:standin}"
export ALERTMANAGER_IMAGE="${ALERTMANAGER_IMAGE:-tawasul/alertmanager:standin}"
export BLACKBOX_IMAGE="${BLACKBOX_IMAGE:-tawasul/blackbox:standin}" NODE_IMAGE="${NODE_IMAGE:-tawasul/node:standin}"

echo "── tests on containers of their own (testcontainers)"
.venv/bin/pytest -q -p no:cacheprovider \
    ${TESTS:-tests/integration/test_relay.py tests/integration/test_messaging.py tests/integration/test_set_aside.py} |
    tee "$folder/tests.log"
grep -q "testcontainers, apache/kafka:standin and mongo:standin" "$folder/tests.log" || {
    echo "the tests did not take the containers" >&2
    exit 1
}
! grep -Eq "^(FAILED|ERROR)|[0-9]+ (failed|error)" "$folder/tests.log" || exit 1

# shellcheck disable=SC2086 # several
.venv/bin/python -m tests.compose ${ARGS:-}
