"""The local stack: Kafka, MongoDB, Caddy, identity, mailbox and the services as processes of this machine."""
