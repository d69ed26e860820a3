"""Working time, held against a count of every minute, and against the laws that any such arithmetic obeys."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shared.clock import remaining_working_time
from shared.events.model import Name
from sla_monitor.domain.calendar import WEEKDAYS, CalendarVersion, EarlierWeek, Week, parse_shift
from sla_monitor.domain.timetable import RoundTheClock

from tests.support.sla_monitor import HOUR, NAME, SUNDAY, a_calendar, published, round_the_clock

MINUTE = timedelta(minutes=1)
ZONES = [
    "Asia/Bahrain",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Africa/Casablanca",  # daylight saving stops for Ramadan
    "Asia/Kathmandu",
    "Pacific/Apia",
]
SPAN_DAYS = 4
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 28)
CHANGES = [date(2026, *day) for day in ((2, 14), (3, 7), (3, 28), (4, 4), (10, 24), (10, 31))]
"""The days before clocks change somewhere."""


def a_day() -> st.SearchStrategy[date]:
    return st.one_of(st.dates(FIRST, LAST), st.sampled_from(CHANGES), st.sampled_from([date(2026, 12, 30)]))


@st.composite
def shifts(draw: st.DrawFn) -> tuple[str, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), max_size=6)))
    return tuple(
        f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
        for opens, closes in zip(edges[::2], edges[1::2], strict=False)
    )


def weeks(days: list[tuple[str, ...]]) -> st.SearchStrategy[dict[str, tuple[str, ...]]]:
    """Every day of the week has one of these. One number says which: so a calendar is drawn fast."""
    choices = [(), *days]
    return st.integers(0, len(choices) ** 7 - 1).map(
        lambda number: {day: choices[number // len(choices) ** n % len(choices)] for n, day in enumerate(WEEKDAYS)}
    )


@st.composite
def calendars(draw: st.DrawFn, near: date) -> CalendarVersion:
    some_week = weeks(draw(st.lists(shifts(), min_size=1, max_size=4)))
    week = draw(some_week.filter(lambda week: any(week.values())))
    special = []
    for _ in range(draw(st.integers(0, 2))):
        first = near + timedelta(days=draw(st.integers(-3, 5)))
        special.append(
            {
                "name": NAME,
                "first": first,
                "last": first + timedelta(days=draw(st.integers(0, 3))),
                "week": draw(st.none() | some_week),
                "on_holidays": draw(st.sampled_from(["closed", "open"])),
            }
        )
    holidays = draw(st.sets(st.integers(-1, 6), max_size=2))
    calendar = a_calendar(zone=draw(st.sampled_from(ZONES)), week=week, special=special, in_lieu=draw(in_lieu(near)))
    edges = sorted(near + timedelta(days=days) for days in draw(st.sets(st.integers(-2, 5), max_size=2)))
    return CalendarVersion(
        version=1,
        definition=calendar,
        holidays={near + timedelta(days=days): Name.model_validate(NAME) for days in sorted(holidays)},
        earlier=tuple(EarlierWeek(until=until, week=Week.model_validate(draw(some_week))) for until in edges),
    )


@st.composite
def in_lieu(draw: st.DrawFn, near: date) -> dict[str, Any] | None:
    days = draw(st.sets(st.integers(-1, 5), max_size=2))
    decided = [{"holiday": near - timedelta(days=n + 30), "day": near + timedelta(days=n)} for n in sorted(days)]
    declined = {"holiday": near - timedelta(days=60)}
    return draw(st.none() | st.just({"weekdays": ["friday"], "decided": [*decided, declined]}))


@st.composite
def questions(draw: st.DrawFn, unit: timedelta = MINUTE) -> tuple[CalendarVersion, datetime, timedelta]:
    """A calendar, a moment, and a span of time after it."""
    day = draw(a_day())
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + unit * draw(st.integers(0, timedelta(days=1) // unit))
    span = unit * draw(st.integers(0, timedelta(days=SPAN_DAYS - 1) // unit))
    return draw(calendars(day)), start, span


def is_open(calendar: CalendarVersion) -> Callable[[datetime], bool]:
    """Written down once more: the calendar is read off the wall as a person would do it, at each moment."""
    zone, known = ZoneInfo(calendar.definition.zone), {}

    def _is_open(moment: datetime) -> bool:
        local = moment.astimezone(zone)
        day = local.date()
        if day not in known:
            known[day] = shifts_on(calendar, day)
        second = local.hour * 3_600 + local.minute * 60 + local.second
        return any(opens <= second < closes for opens, closes in known[day])

    return _is_open


def shifts_on(calendar: CalendarVersion, day: date) -> list[tuple[int, int]]:
    week = calendar.definition.week
    for before in reversed(calendar.earlier):
        week = before.week if day < before.until else week
    lieu = calendar.definition.in_lieu
    is_holiday = day in calendar.holidays or (lieu is not None and any(each.day == day for each in lieu.decided))
    is_moved = False
    for special in calendar.definition.special:
        if special.first <= day <= special.last:
            week = special.week or Week()
            is_moved = special.on_holidays == "open"
    return (
        [] if is_holiday and not is_moved else [parse_shift(shift) for shift in getattr(week, WEEKDAYS[day.weekday()])]
    )


def minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


def check_against_every_minute(question: tuple[CalendarVersion, datetime, timedelta]) -> None:
    calendar, start, span = question
    timetable, end = calendar.timetable, start + span
    opened = [*filter(is_open(calendar), minutes(start, end))]
    assert timetable.between(start, end) == len(opened) * MINUTE
    if opened:
        assert timetable.next_opening(start) == opened[0]
        assert timetable.add(start, len(opened) * MINUTE) == opened[-1] + MINUTE
        middle = len(opened) // 2
        assert timetable.add(start, middle * MINUTE + timedelta(seconds=1)) == opened[middle] + timedelta(seconds=1)
    covered = [m for opens, closes in timetable.windows(start, end, 10_000) for m in minutes(opens, closes)]
    assert covered == opened


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@given(questions())
@settings(PATIENT, max_examples=2_000)
def test_it_equals_a_count_of_every_minute(question: tuple[CalendarVersion, datetime, timedelta]) -> None:
    check_against_every_minute(question)


@pytest.mark.full
@pytest.mark.timeout(3 * 3_600)
@given(questions())
@settings(PATIENT, max_examples=100_000)
def test_it_equals_a_count_of_every_minute_over_very_many_calendars(
    question: tuple[CalendarVersion, datetime, timedelta],
) -> None:
    check_against_every_minute(question)


@given(questions(timedelta(seconds=1)), st.integers(1, 10_000), st.integers(0, 10_000))
@settings(PATIENT, max_examples=500)
def test_the_laws_of_working_time_hold_to_the_second(question: Any, first: int, second: int) -> None:
    calendar, start, span = question
    timetable = calendar.timetable
    one, other = timedelta(seconds=first), timedelta(seconds=second)
    reached = timetable.add(start, one)
    assert timetable.between(start, reached) == one, "what is added is what lies between"
    assert timetable.add(reached, other) == timetable.add(start, one + other), "in two steps as in one"
    assert timetable.add(start, other) <= timetable.add(start + span, other), "later begun is not sooner done"
    middle, end = start + span / 3, start + span
    assert timetable.between(start, middle) + timetable.between(middle, end) == timetable.between(start, end)
    assert timetable.between(end, start) == timedelta() or span == timedelta()
    opening = timetable.next_opening(start)
    assert timetable.between(start, opening) == timedelta()
    assert timetable.between(opening, opening + timedelta(seconds=1)) == timedelta(seconds=1)


@given(questions(timedelta(seconds=1)), st.integers(1, 40_000), st.integers(0, 10))
@settings(PATIENT, max_examples=300)
def test_consumers_compute_the_remaining_time_from_the_windows_alone(question: Any, target: int, tenths: int) -> None:
    calendar, start, _ = question
    due_at = calendar.timetable.add(start, timedelta(seconds=target))
    windows = calendar.timetable.windows(start, due_at, 100)
    now = start + (due_at - start) * tenths / 10
    now = now.replace(microsecond=0)
    assume(len(windows) < 100)
    assert remaining_working_time(windows, due_at, now) == calendar.timetable.between(max(now, start), due_at)


def test_of_too_many_windows_the_last_are_kept() -> None:
    timetable = published(a_calendar()).timetable
    due_at = timetable.add(SUNDAY, 150 * timedelta(hours=7, minutes=15))
    windows = timetable.windows(SUNDAY, due_at, 100)
    assert len(windows) == 100
    assert windows[-1][1] == due_at
    halfway = windows[0][0]
    assert remaining_working_time(windows, due_at, halfway) == timetable.between(halfway, due_at)


def test_a_skipped_hour_is_no_working_time_and_a_repeated_one_counts_twice() -> None:
    night = a_calendar(zone="Europe/Berlin", week={"sunday": ("01:00-04:00",)})
    timetable = published(night).timetable
    march, october = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    day = timedelta(hours=12)
    assert timetable.between(march - day, march + day) == 2 * HOUR
    assert timetable.between(october - day, october + day) == 4 * HOUR


def test_it_crosses_years_and_is_exact_round_the_clock() -> None:
    timetable = published(round_the_clock()).timetable
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    start, end = new_year - timedelta(days=400), new_year + timedelta(days=400, microseconds=7)
    assert timetable.between(start, end) == end - start
    assert timetable.add(start, end - start) == end
    assert timetable.windows(start, end, 100) == ((start, end),)


def test_a_holiday_and_shorter_hours_are_not_worked() -> None:
    monday = SUNDAY.date() + timedelta(days=1)
    ramadan = {"name": NAME, "first": monday + timedelta(days=1), "last": monday + timedelta(days=1)}
    short = ramadan | {"week": {"tuesday": ("08:00-14:00",)}}
    timetable = published(a_calendar(special=[short]), [monday]).timetable
    assert timetable.add(SUNDAY, timedelta(hours=8)) == SUNDAY + timedelta(days=2, hours=1, minutes=45)


def test_a_holiday_that_was_moved_is_worked_and_its_substitute_is_not() -> None:
    monday, tuesday = (SUNDAY.date() + timedelta(days=days) for days in (1, 2))
    worked = {
        "name": NAME,
        "first": monday,
        "last": monday,
        "week": {"monday": ("07:00-14:15",)},
        "on_holidays": "open",
    }
    substitute = {"name": NAME, "first": tuesday, "last": tuesday}
    timetable = published(a_calendar(special=[worked, substitute]), [monday]).timetable
    midnight = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    assert timetable.between(midnight, midnight + timedelta(days=1)) == timedelta(hours=7, minutes=15)
    assert timetable.between(midnight + timedelta(days=1), midnight + timedelta(days=2)) == timedelta()


def test_calendar_days_count_every_hour() -> None:
    always = RoundTheClock()
    friday = SUNDAY - timedelta(days=2)
    assert always.add(friday, timedelta(days=3)) == friday + timedelta(days=3)
    assert always.between(friday, SUNDAY) == timedelta(days=2)
    assert always.windows(friday, SUNDAY, 100) == ((friday, SUNDAY),)
