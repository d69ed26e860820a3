"""Replays histories of other systems through the clock and the record."""
