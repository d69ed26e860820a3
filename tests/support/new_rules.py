"""An open case, and rules that change over it: Monday becomes a holiday."""

from datetime import date, datetime, timedelta
from typing import Any

from sla_monitor.clocks.record import ClockRecord
from sla_monitor.timekeeping.model import Clock, read_clock

from tests.support.sla_monitor import (
    NAME,
    SUBMISSION,
    SUNDAY,
    WORKING_DAY,
    Life,
    a_calendar,
    a_policy,
    a_triage_policy,
    answered,
    assigned,
    information,
    question,
    received,
    reopened,
    round_the_clock,
    transferred,
    triage,
    withdrawn,
)

S = SUBMISSION
DAY = timedelta(days=1)
DUE = SUNDAY + 4 * DAY + WORKING_DAY
"""Thursday at closing time; without Monday it is the next Sunday's."""
MONDAY, TUESDAY = date(2026, 4, 6), date(2026, 4, 7)
WITHOUT_MONDAY = DUE + 3 * DAY


def closed_on(*days: date) -> list[Any]:
    special = [{"name": NAME, "first": day, "last": day} for day in days]
    return [a_calendar(special=special), round_the_clock()]


def a_life_with_the_entity() -> Life:
    life = Life()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    return life


def record_of(life: Life) -> ClockRecord:
    assert life.record is not None
    return life.record


def clock_of(life: Life, now: datetime) -> Clock:
    clock = read_clock(record_of(life).facts, life.reference.rules(), now)
    assert clock is not None
    return clock


DEEDS: dict[str, Any] = {
    "triage": triage,
    "assigned": assigned,
    "to health": lambda s: transferred(s, entity="health"),
    "question": lambda s: question(s, "q1"),
    "reply": lambda s: information(s, "q1"),
    "answered": answered,
    "reopened": reopened,
    "withdrawn": withdrawn,
}
RULES: list[dict[str, Any]] = [
    {"calendars": closed_on(MONDAY)},
    {"calendars": closed_on(MONDAY, date(2026, 4, 8))},
    {"calendars": [a_calendar(hours=("08:00-12:00",)), round_the_clock()]},
    {"policies": (a_policy(answer="7h15m", waiting_limit="3h"), a_triage_policy("2h"))},
    {"policies": (a_policy(answer="72h30m"), a_triage_policy())},
]
