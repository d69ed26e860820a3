"""Which official of an entity is in charge of a case."""
