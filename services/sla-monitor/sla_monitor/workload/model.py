"""What lies before an entity: who has how much, and what would be late if it goes on as it did.

The forecast is as simple as it looks. How much working time one answer took is what the entity worked since a day,
divided by what it answered since then. Were the open cases answered one after the other in that time, what is due first
always first, some of them would come later than they are due. What comes in meanwhile, and what waits for its author,
is not in it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sla_monitor.calendars.working_time import Timetable

LEAST_ANSWERS = 5
"""With fewer there is no pace to speak of."""
OVERLOADED_TIMES, OVERLOADED_LEAST = 2, 5
"""Who has more than so many times what the middle one of the entity's people has, and more than so many."""


@dataclass(frozen=True)
class OpenCase:
    submission: str
    reference: str | None
    target: str
    due_at: datetime
    official: str | None


@dataclass(frozen=True)
class Load:
    """Of one official; of nobody yet where there is none."""

    official: str | None
    open: int
    overdue: int
    this_week: int
    waiting: int
    is_overloaded: bool = False


@dataclass(frozen=True)
class Pace:
    """So many answers in so much working time, counted since a moment."""

    answers: int
    worked: timedelta
    since: datetime

    @property
    def each(self) -> timedelta | None:
        return self.worked / self.answers if self.answers >= LEAST_ANSWERS and self.worked else None


@dataclass(frozen=True)
class Forecast:
    """Of what is due until a moment: how many there are, and when those are due that would come late, in order. None
    without a pace."""

    until: datetime
    due: int
    late: tuple[datetime, ...] | None


def forecast(dues: Sequence[datetime], pace: Pace, timetable: Timetable, now: datetime, until: datetime) -> Forecast:
    """`dues` are those of what runs, in order, overdue ones too: these are answered before the others and are late
    already."""
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
    """Who has most comes first; nobody's cases come last and overload nobody."""
    named = [load for load in loads if load.official is not None]
    middle = median([load.open for load in named]) if named else 0
    most = max(OVERLOADED_TIMES * middle, OVERLOADED_LEAST)
    found = [
        Load(each.official, each.open, each.overdue, each.this_week, each.waiting, each.open > most) for each in named
    ]
    found.sort(key=lambda load: (-load.open, load.official or ""))
    return [*found, *(load for load in loads if load.official is None)]
