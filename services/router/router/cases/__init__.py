"""An assignment as the router keeps it, its life, and the lists of assignments."""
