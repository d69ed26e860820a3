"""The clock of a submission: facts in, due times out, declared and kept."""
