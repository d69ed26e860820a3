"""Parts of a submission that other entities do."""
