#!/bin/bash
# As in MongoDB's own image: given options of mongod, or its name and options; runs as the user mongodb; a new server gets
# its first user from MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD_FILE before anybody reaches it.
set -eu

if [ "$(id -u)" = 0 ]; then
    chown -R mongodb:mongodb /data/db
    exec setpriv --reuid mongodb --regid mongodb --clear-groups /bin/bash "$0" "$@"
fi

export HOME=/tmp # mongosh keeps a history
[ "${1:-}" != mongod ] || shift
if [ -n "${MONGO_INITDB_ROOT_USERNAME:-}" ] && [ ! -e /data/db/WiredTiger ]; then
    mongod --dbpath /data/db --bind_ip 127.0.0.1 --port 27018 --fork --logpath /tmp/first.log >/dev/null
    mongosh --quiet --port 27018 admin --eval "db.createUser({
        user: process.env.MONGO_INITDB_ROOT_USERNAME,
        pwd: fs.readFileSync(process.env.MONGO_INITDB_ROOT_PASSWORD_FILE, 'utf8').trim(),
        roles: ['root'],
    })"
    mongod --dbpath /data/db --shutdown >/dev/null
fi
exec mongod --dbpath /data/db "$@"
