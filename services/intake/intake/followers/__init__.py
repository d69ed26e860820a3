"""Following a published submission of somebody else."""
