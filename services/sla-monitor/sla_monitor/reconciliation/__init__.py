"""Statements to the other services, and effects held against theirs."""
