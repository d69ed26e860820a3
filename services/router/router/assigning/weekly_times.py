"""Times of the week, as a rule says them: `fri-sat 08:00-20:00`, `thu 22:00-06:00`, `sun-sat 00:00-24:00`.

Days are sun, mon, tue, wed, thu, fri and sat; from the first minute on, up to the last one, which is no part of it.
What ends before it begins goes on past midnight and belongs to the day on which it began.
"""

import re
from dataclasses import dataclass
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As `datetime.weekday` counts them."""

_DAY = f"({'|'.join(DAYS)})"
_TIME = r"([01]\d|2[0-4]):([0-5]\d)"
_WRITTEN = re.compile(rf"{_DAY}(?:-{_DAY})? {_TIME}-{_TIME}")
MIDNIGHT = 24 * 60


@dataclass(frozen=True)
class Weekly:
    """`days` of the week; `begin` and `end` in minutes since midnight."""

    days: frozenset[int]
    begin: int
    end: int

    def holds(self, at: datetime) -> bool:
        """`at` in the country's zone."""
        day, minute = at.weekday(), at.hour * 60 + at.minute
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        return (day in self.days and minute >= self.begin) or ((day - 1) % 7 in self.days and minute < self.end)


def weekly(written: str) -> Weekly:
    """Raises ValueError."""
    said = _WRITTEN.fullmatch(written)
    if said is None:
        raise ValueError("no time of the week")
    first, last, *times = said.groups()
    begin, end = (int(hours) * 60 + int(minutes) for hours, minutes in (times[:2], times[2:]))
    if begin == end or begin >= MIDNIGHT or end > MIDNIGHT:
        raise ValueError("no time of a day")
    start, count = DAYS.index(first), (DAYS.index(last or first) - DAYS.index(first)) % 7 + 1
    return Weekly(frozenset((start + number) % 7 for number in range(count)), begin, end)
