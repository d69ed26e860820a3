"""Histories of other systems put through the clock and the record."""
