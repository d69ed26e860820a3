"""Spaces out expensive counts: a gauge may cost a twentieth of the time, and an alert must not wait long for it."""

SHARE = 20
LONGEST_PAUSE_SECONDS = 60.0


def pause_after(took: float, least: float) -> float:
    """Until the next counting, all in seconds: it takes a twentieth of the time, between `least` and a minute."""
    return min(max(least, SHARE * took), LONGEST_PAUSE_SECONDS)
