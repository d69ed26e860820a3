"""Response headers that several capabilities send."""

PRIVATE = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
"""Keeps the data of one person out of caches, and its address out of other sites' logs."""
