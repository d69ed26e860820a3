"""How often what is dear is counted: a gauge may cost a little, and an alert that asks for it must not wait long."""

SHARE = 20
LONGEST_PAUSE_SECONDS = 60.0


def pause_after(took: float, least: float) -> float:
    """Until the next counting, all in seconds: it takes a twentieth of the time, between `least` and a minute."""
    return min(max(least, SHARE * took), LONGEST_PAUSE_SECONDS)
