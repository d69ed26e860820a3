"""A calendar that is published again changes from its first day on; earlier days stay."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.events.model import Name
from sla_monitor.calendar_admin.commands import next_rulebook
from sla_monitor.calendars.model import Calendar, CalendarVersion, seconds_of
from sla_monitor.calendars.snapshot import Rulebooks

from tests.support.sla_monitor import SUNDAY, a_calendar, a_policy, a_triage_policy, no_rulebooks

FIRST = date(2026, 1, 1)


def no_holidays(country: str, years: Sequence[int]) -> Mapping[date, Name]:
    return {}


def one_after_the_other(*calendars: Calendar) -> CalendarVersion:
    """Each published over the one before it; the last version."""
    known = Rulebooks(no_rulebooks)
    for calendar in calendars:
        following = next_rulebook([calendar], [a_policy(), a_triage_policy()], known, no_holidays, SUNDAY, "admin")
        if following is not None:
            known.add(following)
    assert known.newest is not None
    return known.newest.calendars[0]


def opens_on(calendar: CalendarVersion, day: date) -> int:
    """The hour of the first opening; -1 on a closed day."""
    hours = calendar.hours_of(day)
    return hours[0][0] // 3_600 if hours else -1


def from_hour(hour: int, valid_from: date | None = None) -> Calendar:
    return a_calendar(hours=(f"{hour:02}:00-{hour + 1:02}:00",), valid_from=valid_from)


def test_a_week_holds_from_its_day_on_and_the_days_before_keep_theirs() -> None:
    sunday = date(2026, 4, 5)
    calendar = one_after_the_other(from_hour(7), from_hour(8, sunday))
    assert (opens_on(calendar, sunday - timedelta(days=7)), opens_on(calendar, sunday)) == (7, 8)
    assert calendar.version == 2


def test_without_a_day_it_holds_for_all_days() -> None:
    sunday = date(2026, 4, 5)
    calendar = one_after_the_other(from_hour(7), from_hour(8, sunday), from_hour(9))
    assert {opens_on(calendar, sunday + timedelta(days=7 * weeks)) for weeks in (-2, 0, 2)} == {9}


def test_what_has_days_of_its_own_counts_on_all_of_them() -> None:
    """A closure before the day of a new week is not forgotten."""
    sunday = date(2026, 4, 5)
    closure = {"name": {"ar": "إغلاق", "en": "Closed"}, "first": sunday - timedelta(days=7), "last": sunday}
    closed = a_calendar(hours=("08:00-09:00",), valid_from=sunday, special=[closure])
    calendar = one_after_the_other(from_hour(7), closed)
    assert opens_on(calendar, sunday - timedelta(days=7)) == -1
    assert opens_on(calendar, sunday - timedelta(days=14)) == 7
    assert opens_on(calendar, sunday + timedelta(days=7)) == 8


@given(st.lists(st.tuples(st.integers(0, 22), st.none() | st.integers(0, 60)), min_size=1, max_size=8))
def test_each_day_has_the_week_that_was_published_last_for_it(weeks: list[tuple[int, int | None]]) -> None:
    calendar = one_after_the_other(
        *(from_hour(hour, FIRST + timedelta(days=day) if day is not None else None) for hour, day in weeks)
    )
    for number in range(-1, 62):
        day = FIRST + timedelta(days=number)
        expected = [hour for at, (hour, since) in enumerate(weeks) if at == 0 or since is None or since <= number][-1]
        assert opens_on(calendar, day) == (expected if day.weekday() not in (4, 5) else -1)
    assert all(one.until < other.until for one, other in pairwise(calendar.earlier))


@pytest.mark.parametrize("shifts", [(), ("07:00-14:15",), ("16:00-20:00", "07:00-13:00")])
def test_the_shifts_of_a_day_are_in_order(shifts: tuple[str, ...]) -> None:
    sunday = seconds_of(a_calendar(week={"sunday": shifts}).week)[6]
    assert sunday == sorted(sunday)
    assert len(sunday) == len(shifts)
