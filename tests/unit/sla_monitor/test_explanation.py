"""A clock told step by step: who held it for how long, what was waited, which days did not count."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from shared.web.catalogues import load
from shared.web.formats import Formats
from shared.web.pages import HERE
from sla_monitor.calendar_admin import pages as working_hours
from sla_monitor.calendars.rulebook import Rulebook, Rules
from sla_monitor.http.spans import format_span
from sla_monitor.timekeeping.explanation import RunExplanation, SpecialDays, explained, special_days
from sla_monitor.timekeeping.model import read_clock

from tests.support.sla_monitor import (
    HOUR,
    NAME,
    SUNDAY,
    WORKING_DAY,
    History,
    a_calendar,
    a_policy,
    a_rulebook,
    a_triage_policy,
    published,
)

DAY = timedelta(days=1)


def parts_of(history: History, now: datetime, rulebook: Rulebook | None = None) -> list[RunExplanation]:
    clock = read_clock(history.facts, Rules([rulebook or a_rulebook()]), now)
    assert clock is not None
    return explained(clock, now)


def test_who_held_it_and_what_was_waited_add_up_over_a_holiday() -> None:
    """Taken on Sunday, asked on Monday morning, answered on Wednesday; Tuesday was a holiday."""
    asked, replied = SUNDAY + DAY, SUNDAY + 3 * DAY
    holiday = date(2026, 4, 7)
    history = History().assigned().asked(asked).replied(replied).answered(replied + 3 * HOUR)
    _, works = parts_of(history, replied + DAY, a_rulebook(holidays=[holiday]))
    assert [(step.counted, step.worked) for step in works.steps] == [
        (True, WORKING_DAY),
        (False, WORKING_DAY),
        (True, 3 * HOUR),
    ]
    assert (works.used, works.waited, works.in_time) == (WORKING_DAY + 3 * HOUR, WORKING_DAY, True)
    assert works.left == 5 * WORKING_DAY - works.used
    [closed] = works.steps[1].special
    assert (closed.first, closed.closed, closed.name and closed.name.en) == (holiday, True, NAME["en"])
    assert works.steps[0].special == ()


def test_what_each_custodian_had_stands_by_itself_and_says_whether_it_was_late() -> None:
    handed_on = SUNDAY + 10 * DAY
    history = History().assigned().add("SubmissionTransferred", handed_on, entity="health")
    triage, works, health = parts_of(history, handed_on + HOUR)
    assert [part.run.entity for part in (triage, works, health)] == ["central-office", "works", "health"]
    assert (works.in_time, health.in_time) == (False, None)
    assert works.due_at == SUNDAY + 4 * DAY + WORKING_DAY
    assert health.used == HOUR


def test_a_weekend_is_nothing_special_and_a_season_is_one_range_over_its_weekends() -> None:
    season = {"name": NAME, "first": date(2026, 4, 5), "last": date(2026, 4, 20)}
    week = dict.fromkeys(("sunday", "monday", "tuesday", "wednesday", "thursday"), ("08:00-14:00",))
    calendar = published(a_calendar(special=[season | {"week": week}]))
    [found] = special_days(calendar, SUNDAY - 7 * DAY, SUNDAY + 30 * DAY)
    assert (found.first, found.last, found.closed) == (date(2026, 4, 5), date(2026, 4, 20), False)
    assert special_days(published(a_calendar()), SUNDAY, SUNDAY + 30 * DAY) == []


def test_a_holiday_on_a_weekend_is_not_told_and_its_day_in_lieu_is() -> None:
    friday, following = date(2026, 4, 10), date(2026, 4, 12)
    decided = {"weekdays": ["friday"], "decided": [{"holiday": friday, "day": following}]}
    calendar = published(a_calendar(holidays="BH", in_lieu=decided), [friday])
    assert special_days(calendar, SUNDAY, SUNDAY + 14 * DAY) == [SpecialDays(following, following, None, True)]


def test_a_target_in_days_of_the_calendar_knows_no_holidays() -> None:
    policy = a_policy(targets={"answer": {"days": 7}})
    rulebook = a_rulebook(policy, a_triage_policy(), holidays=[date(2026, 4, 7)])
    _, works = parts_of(History().assigned(), SUNDAY + 3 * DAY, rulebook)
    assert works.steps[0].special == ()
    assert works.used == 3 * DAY


@pytest.mark.parametrize(
    ("span", "en", "ar"),
    [
        (2 * WORKING_DAY + 3 * HOUR, "2 days and 3 hours", "يومان و3 ساعات"),
        (timedelta(minutes=61), "1 hour and 1 minute", "ساعة واحدة ودقيقة واحدة"),
        (timedelta(seconds=59), "0 minutes", "0 دقيقة"),
    ],
)
def test_spans_are_said_to_the_minute_in_both_languages(span: timedelta, en: str, ar: str) -> None:
    catalogues = load([HERE / "locale", Path(working_hours.__file__).parents[1] / "locale"])
    zone = ZoneInfo("Asia/Bahrain")
    said = [format_span(Formats(lang, zone, catalogues[lang]), span, WORKING_DAY) for lang in ("en", "ar")]
    assert said == [en, ar]
