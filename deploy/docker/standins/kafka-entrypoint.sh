#!/bin/sh
# The variables of Apache Kafka's own image: KAFKA_LOG_DIRS becomes log.dirs. Then the broker takes this process's place.
set -eu

properties=/tmp/server.properties
echo "log.dirs=${KAFKA_LOG_DIRS:-/var/lib/kafka/data}" >"$properties"
env | sed -n 's/^KAFKA_//p' | while IFS='=' read -r name value; do
    case $name in
    LOG_DIRS | OPTS | HEAP_OPTS) ;;
    *) echo "$(echo "$name" | tr '[:upper:]_' '[:lower:].')=$value" >>"$properties" ;;
    esac
done

libraries='/opt/kafka/libs/*' # for Java to read, not for the shell
/opt/java/bin/java -cp "$libraries" kafka.tools.StorageTool format --ignore-formatted \
    --cluster-id "$CLUSTER_ID" --config "$properties"
# shellcheck disable=SC2086 # these are several options each
exec /opt/java/bin/java ${KAFKA_HEAP_OPTS:--Xmx512m} ${KAFKA_OPTS:-} -cp "$libraries" kafka.Kafka "$properties"
