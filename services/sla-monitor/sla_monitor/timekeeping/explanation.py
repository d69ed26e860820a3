"""Explains a clock step by step: who had the case, how much time counted, and which days did not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.events.model import Name

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.timekeeping.custody import COUNTING, Interval, Mark, Run
from sla_monitor.timekeeping.model import Clock

MOST_DAYS = 800
"""Limit on the days of one step that are examined; the last ones are."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SpecialDays:
    """Consecutive days whose hours differ from those of an ordinary week.

    Without a `name`: given in lieu of a holiday.
    """

    first: date
    last: date
    name: Name | None
    closed: bool


@dataclass(frozen=True)
class Step:
    """A stretch of time in which nothing changed. `worked` is its working time, whether it `counted` or not."""

    interval: Interval
    worked: timedelta
    special: tuple[SpecialDays, ...]

    @property
    def counted(self) -> bool:
        return self.interval.state in COUNTING


@dataclass(frozen=True)
class RunExplanation:
    """One custodian's run. `due_at` is None where the case left it before; `in_time` is None where nothing is answered
    and nothing is late."""

    run: Run
    steps: tuple[Step, ...]
    used: timedelta
    waited: timedelta
    due_at: datetime | None
    in_time: bool | None

    @property
    def left(self) -> timedelta:
        return max(self.run.span - self.used, timedelta())


def explained(clock: Clock, now: datetime) -> list[RunExplanation]:
    """Return the runs in order."""
    return [_part(clock, run, now) for run in clock.runs]


def special_days(calendar: CalendarVersion, start: datetime, end: datetime) -> list[SpecialDays]:
    """Return the days between two moments that this calendar treats unlike their weekday, merged into ranges."""
    zone = ZoneInfo(calendar.definition.zone)
    last = (end - timedelta(microseconds=1)).astimezone(zone).date()
    first = max(start.astimezone(zone).date(), last - MOST_DAYS * ONE_DAY)
    found: list[SpecialDays] = []
    for each in _days(calendar, first, last):
        before = found[-1] if found else None
        if before and (before.name, before.closed) == (each.name, each.closed) and _touch(calendar, before, each):
            each = SpecialDays(found.pop().first, each.last, each.name, each.closed)
        found.append(each)
    return found


def _part(clock: Clock, run: Run, now: datetime) -> RunExplanation:
    due_at = clock.due_at if run is clock.run else run.reached
    answered_at = run.marks.get(Mark.ANSWERED)
    if answered_at is not None:
        due_at = run.due_at(answered_at)
    is_late = run.reached is not None and run.reached < (answered_at or run.ended or now)
    in_time = False if is_late else True if answered_at is not None else None
    steps = tuple(_step(run, interval, now) for interval in run.intervals)
    return RunExplanation(run, steps, run.consumed(now), run.paused(now), due_at, in_time)


def _step(run: Run, interval: Interval, now: datetime) -> Step:
    end = min(interval.end or now, now)
    special: Sequence[SpecialDays] = ()
    if run.terms.working is not None and end > interval.start:
        special = special_days(run.calendar, interval.start, end)
    return Step(interval, run.timetable.between(interval.start, end), tuple(special))


def _days(calendar: CalendarVersion, first: date, last: date) -> Iterator[SpecialDays]:
    """Leave out holidays on days off."""
    for number in range((last - first).days + 1):
        day = first + number * ONE_DAY
        is_closed = not calendar.hours_of(day)
        if is_closed and not _is_ordinarily_open(calendar, day):
            continue
        special = next((each for each in reversed(calendar.definition.special) if each.first <= day <= each.last), None)
        if not is_closed:
            if special is not None:
                yield SpecialDays(day, day, special.name, False)
        elif day in calendar.holidays and (special is None or special.on_holidays == "closed"):
            yield SpecialDays(day, day, calendar.holidays[day], True)
        elif day in calendar.days_in_lieu:
            yield SpecialDays(day, day, None, True)
        else:
            yield SpecialDays(day, day, special.name if special else None, True)


def _is_ordinarily_open(calendar: CalendarVersion, day: date) -> bool:
    week = next((before.week for before in calendar.earlier if day < before.until), calendar.definition.week)
    return bool(week.days[day.weekday()])


def _touch(calendar: CalendarVersion, before: SpecialDays, after: SpecialDays) -> bool:
    """Return whether only days that are always closed lie between the two."""
    between = (after.first - before.last).days
    return not any(calendar.hours_of(before.last + number * ONE_DAY) for number in range(1, between))
