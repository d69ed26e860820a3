"""Categories, their questions, and places, as the directory publishes them."""
