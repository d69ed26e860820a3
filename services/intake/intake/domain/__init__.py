"""What intake knows about a submission's life: no framework, no database, no clock of its own."""
