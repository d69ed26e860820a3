"""Models an entity's workload: cases per official, and which would be late at the present pace.

The forecast is simple. The working time of one answer is the entity's working time in a period, divided by its answers
in it. If the open cases are answered one after the other at that pace, always the one that is due first, some come
later than they are due. New cases, and cases that wait for their author, are not considered.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sla_monitor.calendars.working_time import Timetable

LEAST_ANSWERS = 5
"""Least number of answers from which a pace is computed."""
OVERLOADED_TIMES, OVERLOADED_LEAST = 2, 5
"""An official is overloaded with more than this many times the median of the entity's officials, and more than this
number of cases."""


@dataclass(frozen=True)
class OpenCase:
    submission: str
    reference: str | None
    target: str
    due_at: datetime
    official: str | None


@dataclass(frozen=True)
class Load:
    """The cases of one official; `official` is None for cases that nobody has taken."""

    official: str | None
    open: int
    overdue: int
    this_week: int
    waiting: int
    is_overloaded: bool = False


@dataclass(frozen=True)
class Pace:
    """The number of answers in an amount of working time, since a moment."""

    answers: int
    worked: timedelta
    since: datetime

    @property
    def each(self) -> timedelta | None:
        return self.worked / self.answers if self.answers >= LEAST_ANSWERS and self.worked else None


@dataclass(frozen=True)
class Forecast:
    """The number of cases due until a moment, and the due times of those that would be late, in order; None without a
    pace."""

    until: datetime
    due: int
    late: tuple[datetime, ...] | None


def forecast(dues: Sequence[datetime], pace: Pace, timetable: Timetable, now: datetime, until: datetime) -> Forecast:
    """Forecast the late cases. `dues` are the due times of running cases in order, also of overdue ones: these are
    answered first and are late already."""
    overdue = bisect_left(dues, now)
    coming = dues[overdue : bisect_left(dues, until)]
    each = pace.each
    if each is None:
        return Forecast(until, len(coming), None)
    late = tuple(
        due_at for number, due_at in enumerate(coming, overdue + 1) if timetable.between(now, due_at) < each * number
    )
    return Forecast(until, len(coming), late)


def weighed(loads: Sequence[Load]) -> list[Load]:
    """Return the loads, the largest first; cases without an official come last and overload nobody."""
    named = [load for load in loads if load.official is not None]
    middle = median([load.open for load in named]) if named else 0
    most = max(OVERLOADED_TIMES * middle, OVERLOADED_LEAST)
    found = [
        Load(each.official, each.open, each.overdue, each.this_week, each.waiting, each.open > most) for each in named
    ]
    found.sort(key=lambda load: (-load.open, load.official or ""))
    return [*found, *(load for load in loads if load.official is None)]
