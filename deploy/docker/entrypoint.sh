#!/bin/sh
# Each file /run/secrets/TAWASUL_… becomes the variable of its name; then the service takes this process's place.
set -eu

for file in /run/secrets/TAWASUL_*; do
    [ -r "$file" ] || continue
    export "$(basename "$file")=$(cat "$file")"
done

if [ "$1" = service ]; then
    exec python -m "$(echo "$SERVICE" | tr - _)"
fi
exec "$@"
