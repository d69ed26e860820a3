"""What would be late within the week, and who has more than the others: told from few numbers, by hand."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sla_monitor.domain.run import State
from sla_monitor.domain.timetable import RoundTheClock
from sla_monitor.domain.workload import Forecast, Load, OpenCase, Pace, forecast, weighed

from tests.support.sla_monitor import HOUR, SUNDAY, WORKING_DAY, a_calendar, published

DAY = timedelta(days=1)
WEEK = SUNDAY + 7 * DAY


def a_case(name: str, due_in: timedelta, state: State = State.RUNNING) -> OpenCase:
    return OpenCase(name, None, "answer", state, SUNDAY + due_in, None)


def ahead(*cases: OpenCase, answers: int = 10, each: timedelta = 2 * HOUR) -> Forecast:
    pace = Pace(answers, answers * each, SUNDAY - 30 * DAY)
    return forecast(cases, pace, RoundTheClock(), SUNDAY, WEEK)


def late(found: Forecast) -> list[str]:
    assert found.late is not None
    return [case.submission for case in found.late]


def test_what_is_due_first_is_answered_first_and_the_rest_comes_after_it() -> None:
    found = ahead(a_case("third", 5 * HOUR), a_case("first", 3 * HOUR), a_case("second", 4 * HOUR))
    assert (found.due, late(found)) == (3, ["third"])


def test_what_is_late_already_takes_its_time_and_is_not_forecast() -> None:
    found = ahead(a_case("late", -HOUR), a_case("due", 3 * HOUR))
    assert (found.due, late(found)) == (1, ["due"])


def test_what_waits_for_its_author_takes_no_time_and_what_is_due_later_is_not_told() -> None:
    found = ahead(a_case("waits", HOUR, State.PAUSED), a_case("due", 3 * HOUR), a_case("later", 8 * DAY))
    assert (found.due, late(found)) == (1, [])


def test_working_time_is_counted_by_the_calendar() -> None:
    timetable = published(a_calendar()).timetable
    pace = Pace(10, 10 * WORKING_DAY, SUNDAY - 30 * DAY)
    cases = [a_case("today", WORKING_DAY), a_case("still today", WORKING_DAY + HOUR)]
    assert late(forecast(cases, pace, timetable, SUNDAY, WEEK)) == ["still today"]


def test_more_than_anybody_could_answer_in_a_lifetime_is_late_and_no_fault() -> None:
    timetable = published(a_calendar()).timetable
    pace = Pace(5, 220 * HOUR, SUNDAY - 30 * DAY)
    found = forecast([a_case(f"{number}", WORKING_DAY) for number in range(5_000)], pace, timetable, SUNDAY, WEEK)
    assert (found.due, len(late(found))) == (5_000, 5_000)


@pytest.mark.parametrize("pace", [Pace(4, 4 * HOUR, SUNDAY), Pace(10, timedelta(), SUNDAY)])
def test_without_a_pace_there_is_no_forecast(pace: Pace) -> None:
    found = forecast([a_case("due", HOUR)], pace, RoundTheClock(), SUNDAY, WEEK)
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
