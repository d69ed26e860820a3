"""A clock step by step, as a person follows it: who had the case, how much time counted, and which days did not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.events.model import Name

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.clocks.custody import COUNTING, Interval, Mark, Run
from sla_monitor.clocks.model import Clock

MOST_DAYS = 800
"""Of one step that are looked at for days off: its last ones."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SpecialDays:
    """Days in a row on which other hours held than in an ordinary week, or none.

    Without a `name`: given in lieu of a holiday.
    """

    first: date
    last: date
    name: Name | None
    closed: bool


@dataclass(frozen=True)
class Step:
    """One stretch of time in which nothing changed. `worked` is the working time in it, whether it `counted` or not."""

    interval: Interval
    worked: timedelta
    special: tuple[SpecialDays, ...]

    @property
    def counted(self) -> bool:
        return self.interval.state in COUNTING


@dataclass(frozen=True)
class Part:
    """What one custodian had of the case. `due_at` is absent where the case left it before, `in_time` where nothing was
    answered and nothing is late."""

    run: Run
    steps: tuple[Step, ...]
    used: timedelta
    waited: timedelta
    due_at: datetime | None
    in_time: bool | None

    @property
    def left(self) -> timedelta:
        return max(self.run.span - self.used, timedelta())


def explained(clock: Clock, now: datetime) -> list[Part]:
    """In the order in which they had it."""
    return [_part(clock, run, now) for run in clock.runs]


def special_days(calendar: CalendarVersion, start: datetime, end: datetime) -> list[SpecialDays]:
    """Between two moments: days that this calendar treats in another way than their weekday, neighbours as one."""
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


def _part(clock: Clock, run: Run, now: datetime) -> Part:
    due_at = clock.due_at if run is clock.run else run.reached
    answered_at = run.marks.get(Mark.ANSWERED)
    if answered_at is not None:
        due_at = run.due_at(answered_at)
    is_late = run.reached is not None and run.reached < (answered_at or run.ended or now)
    in_time = False if is_late else True if answered_at is not None else None
    steps = tuple(_step(run, interval, now) for interval in run.intervals)
    return Part(run, steps, run.consumed(now), run.paused(now), due_at, in_time)


def _step(run: Run, interval: Interval, now: datetime) -> Step:
    end = min(interval.end or now, now)
    special: Sequence[SpecialDays] = ()
    if run.terms.working is not None and end > interval.start:
        special = special_days(run.calendar, interval.start, end)
    return Step(interval, run.timetable.between(interval.start, end), tuple(special))


def _days(calendar: CalendarVersion, first: date, last: date) -> Iterator[SpecialDays]:
    """A holiday on a weekend changes nothing, and is not told."""
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
    """Whether only days lie between them that are never open."""
    between = (after.first - before.last).days
    return not any(calendar.hours_of(before.last + number * ONE_DAY) for number in range(1, between))
