"""Pages on which administrators change the directory."""
