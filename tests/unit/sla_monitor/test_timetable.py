"""Working time, held against a count of every minute, and against the laws that any such arithmetic obeys."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shared.events.model import Name
from shared.reference.working_time import remaining_working_time
from sla_monitor.calendars.model import WEEKDAYS, CalendarVersion, EarlierWeek, Week, parse_shift
from sla_monitor.calendars.working_time import RoundTheClock

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


def a_day(chance: Random) -> date:
    match chance.randrange(5):
        case 0 | 1:
            return chance.choice(CHANGES)
        case 2:
            return date(2026, 12, 30)
        case _:
            return FIRST + timedelta(days=chance.randrange((LAST - FIRST).days + 1))


def shifts(chance: Random) -> tuple[str, ...]:
    edges = sorted({chance.randint(0, 24 * 60) for _ in range(chance.randint(0, 6))})
    return tuple(
        f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
        for opens, closes in zip(edges[::2], edges[1::2], strict=False)
    )


def a_week(chance: Random, days: Sequence[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Every day of the week has one of these, or none."""
    return {day: chance.choice([(), *days]) for day in WEEKDAYS}


def a_calendar_near(day: date, chance: Random) -> CalendarVersion:
    days = [shifts(chance) for _ in range(chance.randint(1, 4))]
    week = a_week(chance, days)
    if not any(week.values()):
        week[chance.choice(WEEKDAYS)] = ("08:00-12:00",)

    def days_from(earliest: int, latest: int) -> list[date]:
        """Two at most."""
        found = {chance.randint(earliest, latest) for _ in range(chance.randint(0, 2))}
        return [day + timedelta(days=each) for each in sorted(found)]

    special = []
    for _ in range(chance.randint(0, 2)):
        first = day + timedelta(days=chance.randint(-3, 5))
        special.append(
            {
                "name": NAME,
                "first": first,
                "last": first + timedelta(days=chance.randint(0, 3)),
                "week": chance.choice([None, a_week(chance, days)]),
                "on_holidays": chance.choice(["closed", "open"]),
            }
        )
    decided = [{"holiday": each - timedelta(days=30), "day": each} for each in days_from(-1, 5)]
    declined = {"holiday": day - timedelta(days=60)}
    in_lieu = chance.choice([None, {"weekdays": ["friday"], "decided": [*decided, declined]}])
    return CalendarVersion(
        version=1,
        definition=a_calendar(zone=chance.choice(ZONES), week=week, special=special, in_lieu=in_lieu),
        holidays={each: Name.model_validate(NAME) for each in days_from(-1, 6)},
        earlier=tuple(EarlierWeek(until=u, week=Week.model_validate(a_week(chance, days))) for u in days_from(-2, 5)),
    )


def calendars(near: date) -> st.SearchStrategy[CalendarVersion]:
    """Hypothesis makes every choice, so that it can show the simplest calendar that goes wrong."""
    return st.builds(a_calendar_near, st.just(near), st.randoms(use_true_random=False))


Question = tuple[CalendarVersion, datetime, timedelta]
"""A calendar, a moment, and a span of time after it."""


def a_question(chance: Random, unit: timedelta = MINUTE) -> Question:
    day = a_day(chance)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + unit * chance.randint(0, timedelta(days=1) // unit)
    span = unit * chance.randint(0, timedelta(days=SPAN_DAYS - 1) // unit)
    return a_calendar_near(day, chance), start, span


def questions(unit: timedelta = MINUTE) -> st.SearchStrategy[Question]:
    return st.builds(a_question, st.randoms(use_true_random=False), st.just(unit))


Minutes = np.ndarray[tuple[int], np.dtype[np.int64]]
"""Since 1970, in order."""
EPOCH, ORDINAL_1970 = datetime(1970, 1, 1, tzinfo=UTC), date(1970, 1, 1).toordinal()
DAY_MINUTES, QUARTER = 24 * 60, 15


def open_minutes(calendar: CalendarVersion, start: datetime, end: datetime) -> Minutes:
    """Written down once more: the calendar is read off the wall as a person would do it, at each minute."""
    moments = np.arange((start - EPOCH) // MINUTE, (end - EPOCH) // MINUTE)
    local = moments + offsets(calendar.definition.zone)[moments // QUARTER - FIRST_QUARTER]
    days, of_day = local // DAY_MINUTES, local % DAY_MINUTES
    is_open = np.zeros(len(moments), dtype=bool)
    for day in range(int(days[0]), int(days[-1]) + 1) if len(days) else ():
        for opens, closes in shifts_on(calendar, date.fromordinal(ORDINAL_1970 + day)):
            is_open |= (days == day) & (of_day >= opens // 60) & (of_day < closes // 60)
    return moments[is_open]


FIRST_QUARTER = (datetime(FIRST.year, 1, 1, tzinfo=UTC) - EPOCH) // (QUARTER * MINUTE)


@cache
def offsets(zone_name: str) -> Minutes:
    """The zone's offset in minutes in each quarter of an hour: no zone changes it within one."""
    zone, quarter = ZoneInfo(zone_name), QUARTER * MINUTE
    last = (datetime(LAST.year + 1, 2, 1, tzinfo=UTC) - EPOCH) // quarter
    moments = (EPOCH + each * quarter for each in range(FIRST_QUARTER, last))
    return np.array([(moment.astimezone(zone).utcoffset() or timedelta()) // MINUTE for moment in moments])


def shifts_on(calendar: CalendarVersion, day: date) -> list[tuple[int, int]]:
    """In seconds since midnight."""
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


def check_against_every_minute(question: Question) -> None:
    calendar, start, span = question
    timetable, end = calendar.timetable, start + span
    minutes = open_minutes(calendar, start, end)

    def opened(which: int) -> datetime:
        return EPOCH + int(minutes[which]) * MINUTE

    assert timetable.between(start, end) == len(minutes) * MINUTE
    if len(minutes):
        assert timetable.next_opening(start) == opened(0)
        assert timetable.add(start, len(minutes) * MINUTE) == opened(-1) + MINUTE
        middle = len(minutes) // 2
        assert timetable.add(start, middle * MINUTE + timedelta(seconds=1)) == opened(middle) + timedelta(seconds=1)
    windows = timetable.windows(start, end, 10_000)
    covered = [np.arange((opens - EPOCH) // MINUTE, (closes - EPOCH) // MINUTE) for opens, closes in windows]
    assert np.array_equal(np.concatenate(covered) if covered else minutes[:0], minutes)


PATIENT = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def check_many(count: int) -> None:
    """Chosen by chance alone, the same each time: `a_question(Random(seed))` is the one that went wrong again."""
    for seed in range(count):
        try:
            check_against_every_minute(a_question(Random(seed)))
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


def test_it_equals_a_count_of_every_minute_over_many_calendars() -> None:
    check_many(2_000)


@pytest.mark.full
@pytest.mark.timeout(1_800)
def test_it_equals_a_count_of_every_minute_over_very_many_calendars() -> None:
    check_many(100_000)


@given(questions())
@settings(PATIENT, max_examples=100)
def test_it_equals_a_count_of_every_minute_also_where_choices_are_made_to_be_difficult(question: Question) -> None:
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
