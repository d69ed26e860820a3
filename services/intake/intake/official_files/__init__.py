"""Files that officials add to a submission."""
