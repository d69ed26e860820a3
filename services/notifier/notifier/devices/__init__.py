"""Browsers that take web push."""
