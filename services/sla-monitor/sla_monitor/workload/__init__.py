"""Open cases of an entity and its forecast."""
