"""MongoDB: connections, aggregates with their outbox, leases, lists."""
