"""When each row is due, on the clock of the event loop (seconds)."""

from datetime import datetime
from typing import Protocol

LARGEST_BURST_SECONDS = 0.1
"""The delay that a fixed rate may catch up; any further delay stays."""


class Pace(Protocol):
    needs_times: bool

    def due(self, at: datetime | None, now: float) -> float:
        """The moment for the next row, which happened at `at`; asked once for each row, in order."""
        ...


class AtOnce:
    needs_times = False

    def due(self, at: datetime | None, now: float) -> float:
        return now


class FixedRate:
    needs_times = False

    def __init__(self, rows_per_second: float) -> None:
        self._gap = 1 / rows_per_second
        self._next: float | None = None

    def due(self, at: datetime | None, now: float) -> float:
        moment = now if self._next is None else max(self._next, now - LARGEST_BURST_SECONDS)
        self._next = moment + self._gap
        return moment


class Replay:
    """As it happened, so many times faster. A row without a time, or earlier than its predecessors, goes at once."""

    needs_times = True

    def __init__(self, times: float) -> None:
        self._times = times
        self._began: tuple[datetime, float] | None = None

    def due(self, at: datetime | None, now: float) -> float:
        if at is None:
            return now
        if self._began is None:
            self._began = (at, now)
        first, began = self._began
        return began + (at - first).total_seconds() / self._times
