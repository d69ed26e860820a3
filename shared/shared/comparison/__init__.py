"""Compares a service's documents with the others' statements, and finds out why something is missing."""
