"""Alarms: what a text is told beside its category, that it speaks of danger to life or cannot wait."""
