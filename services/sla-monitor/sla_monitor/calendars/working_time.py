"""Computes working time: how much of it lies between two moments, and when a given amount of it has passed.

Intervals are half-open, times are aware, and all arithmetic is in whole microseconds since 1970, so nothing is rounded.
A calendar is expanded once per year (UTC) into its opening intervals with the working time before each; every question
is then two bisections.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
DAY = 86_400 * SECOND
FURTHEST_YEARS = 50

Intervals = list[tuple[int, int]]
Window = tuple[datetime, datetime]


class NeverOpen(Exception):
    """The calendar does not open within the years that are searched."""


def to_micros(moment: datetime) -> int:
    since = moment - EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def to_moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


class Timetable(Protocol):
    def add(self, start: datetime, working: timedelta) -> datetime:
        """Return the first moment by which `working` has passed since `start`; `start` itself for zero."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time in [start, end); zero where `end` is not later."""

    def next_opening(self, moment: datetime) -> datetime:
        """Return `moment` itself while open, otherwise the next opening."""

    def windows(self, start: datetime, end: datetime, most: int) -> tuple[Window, ...]:
        """Return the opening intervals within [start, end), touching ones merged; only the last `most`."""


class RoundTheClock:
    """A timetable in which every second counts, for targets in calendar days."""

    def add(self, start: datetime, working: timedelta) -> datetime:
        return start.astimezone(UTC) + working

    def between(self, start: datetime, end: datetime) -> timedelta:
        return max(end - start, timedelta())

    def next_opening(self, moment: datetime) -> datetime:
        return moment.astimezone(UTC)

    def windows(self, start: datetime, end: datetime, most: int) -> tuple[Window, ...]:
        return ((start, end),) if start < end else ()


@dataclass(frozen=True)
class _Year:
    """One year's opening intervals, in order; `before[i]` is the working time of the year before interval i."""

    opens: list[int]
    closes: list[int]
    before: list[int]
    total: int

    def until(self, micros: int) -> int:
        """Return the working time from the beginning of the year up to `micros`."""
        last = bisect_right(self.opens, micros) - 1
        if last < 0:
            return 0
        return self.before[last] + min(micros, self.closes[last]) - self.opens[last]


class OpeningHours:
    """The timetable of a calendar. `unfold` returns a year's opening intervals in UTC, ordered and not touching."""

    def __init__(self, unfold: Callable[[int], Intervals]) -> None:
        self._unfold = unfold
        self._years: dict[int, _Year] = {}

    def add(self, start: datetime, working: timedelta) -> datetime:
        start = start.astimezone(UTC)
        needed = working // timedelta(microseconds=1)
        if needed <= 0:
            return start
        year = start.year
        needed += self._year(year).until(to_micros(start))
        for at in range(year, year + FURTHEST_YEARS):
            table = self._year(at)
            if needed <= table.total:
                within = bisect_left(table.before, needed) - 1
                return to_moment(table.opens[within] + needed - table.before[within])
            needed -= table.total
        raise NeverOpen(f"{working} of working time do not fit into {FURTHEST_YEARS} years")

    def between(self, start: datetime, end: datetime) -> timedelta:
        if end <= start:
            return timedelta()
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        worked = self._year(end.year).until(to_micros(end)) - self._year(start.year).until(to_micros(start))
        worked += sum(self._year(year).total for year in range(start.year, end.year))
        return timedelta(microseconds=worked)

    def next_opening(self, moment: datetime) -> datetime:
        moment = moment.astimezone(UTC)
        micros = to_micros(moment)
        for at in range(moment.year, moment.year + FURTHEST_YEARS):
            table = self._year(at)
            following = bisect_right(table.closes, micros)
            if following < len(table.opens):
                return max(moment, to_moment(table.opens[following]))
        raise NeverOpen(f"not open within {FURTHEST_YEARS} years")

    def windows(self, start: datetime, end: datetime, most: int) -> tuple[Window, ...]:
        first, last = to_micros(start), to_micros(end)
        merged: Intervals = []
        for opens, closes in self._from(start.astimezone(UTC)):
            if opens >= last:
                break
            opens, closes = max(opens, first), min(closes, last)
            if opens >= closes:
                continue
            if merged and merged[-1][1] == opens:
                merged[-1] = (merged[-1][0], closes)
            else:
                merged.append((opens, closes))
        return tuple((to_moment(opens), to_moment(closes)) for opens, closes in merged[-most:])

    def _from(self, moment: datetime) -> Iterator[tuple[int, int]]:
        """Return the intervals from the one at or before `moment` on."""
        table = self._year(moment.year)
        skipped = max(bisect_right(table.opens, to_micros(moment)) - 1, 0)
        yield from zip(table.opens[skipped:], table.closes[skipped:], strict=True)
        for year in range(moment.year + 1, moment.year + FURTHEST_YEARS):
            table = self._year(year)
            yield from zip(table.opens, table.closes, strict=True)

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = _tabulate(self._unfold(year))
        return known


def _tabulate(intervals: Intervals) -> _Year:
    before: list[int] = []
    total = 0
    for opens, closes in intervals:
        before.append(total)
        total += closes - opens
    return _Year([opens for opens, _ in intervals], [closes for _, closes in intervals], before, total)
