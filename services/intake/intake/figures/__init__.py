"""Performance figures of the entities, as the SLA monitor publishes them."""
