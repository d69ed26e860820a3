"""Days in lieu: proposed by the rule, and closed only once an administrator has decided."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sla_monitor.calendars.days_in_lieu import proposed
from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.calendars.public_holidays import holidays_of

from tests.support.sla_monitor import NAME, WORKING_DAY, a_calendar, published

THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (date(2026, 4, day) for day in (2, 3, 4, 5, 6, 7))
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def with_holidays(*holidays: date, on: tuple[str, ...] = ("friday", "saturday"), **changed: Any) -> CalendarVersion:
    decided = changed.pop("decided", [])
    return published(a_calendar(holidays="BH", in_lieu={"weekdays": on, "decided": decided}, **changed), holidays)


def days(calendar: CalendarVersion) -> list[tuple[date, date]]:
    return [(each.holiday, each.day) for each in proposed(calendar, *YEAR)]


def test_a_holiday_on_a_weekend_proposes_the_next_day_with_hours() -> None:
    assert days(with_holidays(FRIDAY)) == [(FRIDAY, SUNDAY)]


def test_each_holiday_has_a_day_of_its_own_and_none_that_is_a_holiday_itself() -> None:
    assert days(with_holidays(FRIDAY, SATURDAY, SUNDAY)) == [(FRIDAY, MONDAY), (SATURDAY, TUESDAY)]


def test_only_the_weekdays_of_the_rule_are_made_up_for() -> None:
    assert days(with_holidays(THURSDAY, FRIDAY, SATURDAY, on=("saturday",))) == [(SATURDAY, SUNDAY)]
    assert list(proposed(published(a_calendar(), [FRIDAY]), *YEAR)) == []


def test_a_closure_is_no_day_that_could_be_given() -> None:
    closed = {"name": NAME, "first": SUNDAY, "last": MONDAY}
    assert days(with_holidays(FRIDAY, special=[closed])) == [(FRIDAY, TUESDAY)]


def test_what_is_decided_is_not_proposed_again_and_another_day_may_be_given() -> None:
    decided = [{"holiday": FRIDAY, "day": MONDAY}, {"holiday": date(2026, 5, 1)}]
    calendar = with_holidays(FRIDAY, SATURDAY, date(2026, 5, 1), decided=decided)
    assert days(calendar) == [(SATURDAY, SUNDAY)]


def test_a_proposal_closes_nothing_and_a_decision_does() -> None:
    midnight = datetime(2026, 4, 5, tzinfo=UTC)
    a_day = timedelta(days=1)
    only_proposed = with_holidays(FRIDAY).timetable
    assert only_proposed.between(midnight, midnight + a_day) == WORKING_DAY
    given = with_holidays(FRIDAY, decided=[{"holiday": FRIDAY, "day": SUNDAY}]).timetable
    assert given.between(midnight, midnight + a_day) == timedelta()
    assert given.between(midnight + a_day, midnight + 2 * a_day) == WORKING_DAY
    refused = with_holidays(FRIDAY, decided=[{"holiday": FRIDAY}]).timetable
    assert refused.between(midnight, midnight + a_day) == WORKING_DAY


def test_nothing_is_proposed_where_no_day_is_open_for_long() -> None:
    summer = {"name": NAME, "first": FRIDAY, "last": FRIDAY + timedelta(days=70)}
    assert days(with_holidays(FRIDAY, special=[summer])) == []


def test_the_holidays_of_a_real_year_have_their_days() -> None:
    holidays = holidays_of("BH", [2026])
    calendar = CalendarVersion(
        version=1,
        definition=a_calendar(holidays="BH", in_lieu={"weekdays": ["friday", "saturday"]}),
        holidays=holidays,
    )
    labour = next(each for each in proposed(calendar, *YEAR) if each.holiday == date(2026, 5, 1))
    assert (labour.day, labour.name.en) == (date(2026, 5, 3), "Labor Day")
