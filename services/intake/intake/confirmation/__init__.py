"""Confirming that an address or a number is its author's."""
