"""A citizen's own submissions: where they stand and what the citizen may do."""
