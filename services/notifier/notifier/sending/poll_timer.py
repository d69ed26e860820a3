"""When to look for what is due.

A look costs as much as telling one thing. What a batch plans is claimed by the very write that stores it, as long as a
look has shown that nothing older waits: so it is made now and then, and whenever something else may be due.
"""

import time


class PollTimer:
    def __init__(self, every_seconds: float) -> None:
        self.every_seconds = every_seconds
        self._at = float("-inf")

    def next(self) -> None:
        """Something else may be due."""
        self._at = float("-inf")

    def begins(self) -> None:
        """Start a poll. Messages that become due during it may be missed."""
        self._at = time.monotonic() + self.every_seconds

    @property
    def pause(self) -> float:
        """Seconds until the next."""
        return max(0.0, self._at - time.monotonic())
