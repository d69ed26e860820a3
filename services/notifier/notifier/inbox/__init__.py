"""The inbox of a person, on the site."""
