"""Which entity answers for a submission: rules, the text model, the central office."""
