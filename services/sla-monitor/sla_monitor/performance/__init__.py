"""Keeps the record of each entity: counts, sums, publishes and shows it."""
