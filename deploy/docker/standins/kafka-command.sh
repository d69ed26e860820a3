#!/bin/sh
# Kafka's commands by their names in its own image.
set -eu

case $(basename "$0") in
kafka-acls.sh) class=org.apache.kafka.tools.AclCommand ;;
kafka-consumer-groups.sh) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
kafka-topics.sh) class=org.apache.kafka.tools.TopicCommand ;;
*) echo "no command of Kafka: $0" >&2 && exit 2 ;;
esac
exec /opt/java/bin/java -Xmx128m -cp '/opt/kafka/libs/*' "$class" "$@"
