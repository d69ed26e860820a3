"""Comparing what the services have of one another's submissions (ADR 49)."""
