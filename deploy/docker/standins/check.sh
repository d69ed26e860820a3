#!/bin/sh
# `make containers-check`: the tests' way over containers, on a Debian machine without images and without an engine.
# Brings the engine where it is missing, starts one of its own (apart from any other, in the state folder), makes
# stand-ins for the images, runs tests on them, and stops the engine again. Needs root.
set -eu

folder=${TAWASUL_STATE:-.state}/engine
run=/run/tawasul-engine-$$
export DOCKER_HOST="unix://$run/docker.sock" TESTCONTAINERS_RYUK_DISABLED=true
unset TAWASUL_TEST_KAFKA_BOOTSTRAP TAWASUL_TEST_MONGO_URI

missing=
command -v dockerd >/dev/null || missing="docker.io iptables"
command -v docker >/dev/null || missing="$missing docker.io"
command -v debootstrap >/dev/null || missing="$missing debootstrap"
if [ -n "$missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # names of packages, several
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
fi

mkdir -p "$folder" "$run"
dockerd --host "$DOCKER_HOST" --data-root "$(realpath "$folder")/data" --exec-root "$run/exec" --pidfile "$run/pid" \
    >"$folder/dockerd.log" 2>&1 &
engine=$!
trap 'kill "$engine" 2>/dev/null || true; wait "$engine" 2>/dev/null || true; rm -rf "$run"' EXIT INT TERM
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

sh "$(dirname "$0")/build.sh" "$folder"

echo "── tests on containers"
.venv/bin/pytest -q -p no:cacheprovider ${ARGS:-tests/integration/test_relay.py tests/integration/test_messaging.py} |
    tee "$folder/tests.log"
grep -q "testcontainers, apache/kafka:standin and mongo:standin" "$folder/tests.log" || {
    echo "the tests did not take the containers" >&2
    exit 1
}
! grep -Eq "^(FAILED|ERROR)|[0-9]+ (failed|error)" "$folder/tests.log"
