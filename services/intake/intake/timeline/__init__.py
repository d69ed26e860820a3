"""Facts of the other services in a submission's timeline."""
