"""Times of the week in rules: which minutes they hold, compared with walking through the week; what is no such time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from router.assigning.weekly_times import DAYS, MIDNIGHT, weekly

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = 7 * MIDNIGHT


@pytest.mark.parametrize(
    ("written", "held", "not_held"),
    [
        ("fri 08:00-20:00", [(4, 8, 0), (4, 19, 59)], [(4, 20, 0), (4, 7, 59), (3, 12, 0), (5, 12, 0)]),
        ("fri-sat 00:00-24:00", [(4, 0, 0), (5, 23, 59)], [(3, 23, 59), (6, 0, 0)]),
        ("sat-mon 09:00-10:00", [(5, 9, 0), (6, 9, 0), (0, 9, 0)], [(1, 9, 0), (4, 9, 0)]),
        ("thu 22:00-06:00", [(3, 22, 0), (4, 0, 0), (4, 5, 59)], [(4, 6, 0), (3, 5, 0), (4, 22, 0)]),
        ("sun 22:00-06:00", [(6, 23, 0), (0, 1, 0)], [(6, 1, 0), (1, 1, 0)]),
    ],
)
def test_a_time_of_the_week_holds_its_minutes(
    written: str, held: list[tuple[int, int, int]], not_held: list[tuple[int, int, int]]
) -> None:
    for moments, expected in ((held, True), (not_held, False)):
        for day, hour, minute in moments:
            assert weekly(written).holds(MONDAY + timedelta(days=day, hours=hour, minutes=minute)) is expected


@given(
    st.integers(0, 6), st.integers(0, 6), st.integers(0, MIDNIGHT - 1), st.integers(0, MIDNIGHT), st.integers(0, WEEK)
)
def test_it_holds_what_begins_on_one_of_its_days_and_has_not_ended(
    first: int, last: int, begin: int, end: int, minute: int
) -> None:
    if begin == end:
        return
    written = f"{DAYS[first]}-{DAYS[last]} {begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    long = (end - begin) % MIDNIGHT or MIDNIGHT
    days = [(first + number) % 7 for number in range((last - first) % 7 + 1)]
    walked = any((minute - day * MIDNIGHT - begin) % WEEK < long for day in days)
    assert weekly(written).holds(MONDAY + timedelta(minutes=minute)) is walked


@pytest.mark.parametrize(
    "written",
    [
        *("", "fri", "fri 8:00-9:00", "fri 08:00-08:00", "fri 24:00-08:00", "fri 08:00-24:30", "fri 25:00-26:00"),
        *("freitag 08:00-09:00", "fri-sat-sun 08:00-09:00", "fri 08:00-09:00 ", "الجمعة 08:00-09:00", "fri 08:00"),
    ],
)
def test_what_is_no_time_of_the_week_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        weekly(written)
