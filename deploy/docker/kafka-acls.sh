#!/bin/bash
# Contact details are the notifier's to read and intake's to write, and nobody else's. Topics without an entry here are
# open to every service that signs in. Runs beside the broker (its inner listener), safe to repeat.
set -eu

acls() {
    /opt/kafka/bin/kafka-acls.sh --bootstrap-server 127.0.0.1:9094 --add --topic tawasul.contacts.v1 \
        --resource-pattern-type prefixed "$@"
}

acls --allow-principal User:intake --operation Create --operation Describe --operation Write
acls --allow-principal User:notifier --operation Create --operation Describe --operation Read --operation Write
