"""Erasing a person from assignments."""
