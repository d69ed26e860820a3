"""The forecast of late cases and overloaded officials, computed by hand from few numbers."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sla_monitor.calendars.working_time import RoundTheClock
from sla_monitor.workload.model import Forecast, Load, Pace, forecast, weighed

from tests.support.sla_monitor import HOUR, SUNDAY, WORKING_DAY, a_calendar, published

DAY = timedelta(days=1)
WEEK = SUNDAY + 7 * DAY


def ahead(*due_in: timedelta, answers: int = 10, each: timedelta = 2 * HOUR) -> Forecast:
    pace = Pace(answers, answers * each, SUNDAY - 30 * DAY)
    return forecast([SUNDAY + time for time in due_in], pace, RoundTheClock(), SUNDAY, WEEK)


def late(found: Forecast) -> list[timedelta]:
    assert found.late is not None
    return [due_at - SUNDAY for due_at in found.late]


def test_what_is_due_first_is_answered_first_and_the_rest_comes_after_it() -> None:
    found = ahead(3 * HOUR, 4 * HOUR, 5 * HOUR)
    assert (found.due, late(found)) == (3, [5 * HOUR])


def test_what_is_late_already_takes_its_time_and_is_not_forecast() -> None:
    found = ahead(-HOUR, 3 * HOUR)
    assert (found.due, late(found)) == (1, [3 * HOUR])


def test_what_is_due_later_is_not_told() -> None:
    found = ahead(3 * HOUR, 8 * DAY)
    assert (found.due, late(found)) == (1, [])


def test_working_time_is_counted_by_the_calendar() -> None:
    timetable = published(a_calendar()).timetable
    pace = Pace(10, 10 * WORKING_DAY, SUNDAY - 30 * DAY)
    dues = [SUNDAY + WORKING_DAY, SUNDAY + WORKING_DAY + HOUR]
    assert late(forecast(dues, pace, timetable, SUNDAY, WEEK)) == [WORKING_DAY + HOUR]


def test_more_than_anybody_could_answer_in_a_lifetime_is_late_and_no_fault() -> None:
    timetable = published(a_calendar()).timetable
    pace = Pace(5, 220 * HOUR, SUNDAY - 30 * DAY)
    found = forecast([SUNDAY + WORKING_DAY] * 5_000, pace, timetable, SUNDAY, WEEK)
    assert (found.due, len(late(found))) == (5_000, 5_000)


@pytest.mark.parametrize("pace", [Pace(4, 4 * HOUR, SUNDAY), Pace(10, timedelta(), SUNDAY)])
def test_without_a_pace_there_is_no_forecast(pace: Pace) -> None:
    found = forecast([SUNDAY + HOUR], pace, RoundTheClock(), SUNDAY, WEEK)
    assert (found.due, found.late) == (1, None)


@pytest.mark.parametrize(
    ("open", "overloaded"),
    [
        ((13, 6, 6), [True, False, False]),
        ((12, 6, 6), [False] * 3),
        ((5, 1, 1), [False] * 3),
        ((6, 1, 1), [True, False, False]),
    ],
)
def test_overloaded_is_who_has_more_than_five_and_twice_the_middle_one(
    open: Sequence[int], overloaded: Sequence[bool]
) -> None:
    loads = [Load(None, 50, 0, 0, 0), *(Load(f"official-{n}", number, 0, 0, 0) for n, number in enumerate(open))]
    found = weighed(loads)
    assert [load.is_overloaded for load in found] == [*overloaded, False]
    assert found[-1].official is None, "nobody is overloaded by what nobody has"
