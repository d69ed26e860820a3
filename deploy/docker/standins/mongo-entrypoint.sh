#!/bin/sh
# What is given to the image's own entrypoint: options of mongod, with its name before them or without.
set -eu

[ "${1:-}" != mongod ] || shift
exec mongod --dbpath /data/db "$@"
