"""Malformed calendars and policies are refused whole, with every fault named."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sla_monitor.calendars.checks import faults
from sla_monitor.calendars.model import Calendar
from sla_monitor.calendars.policies import Policy, parse_duration

from tests.support.sla_monitor import NAME, a_calendar, a_policy, a_triage_policy, round_the_clock


def codes(
    calendars: Sequence[Calendar] = (), policies: Sequence[Policy] = (), entities: dict[str, str] | None = None
) -> list[str]:
    found = faults(calendars or [a_calendar()], policies or [a_policy(), a_triage_policy()], {"BH"}, entities or {})
    return sorted(f"{fault.field}: {fault.code}" for fault in found)


def decided(holiday: int, day: int | None = None) -> dict[str, Any]:
    return {"holiday": date(2026, 5, holiday), "day": date(2026, 5, day) if day else None}


def test_a_good_rulebook_has_no_fault() -> None:
    assert codes([a_calendar(holidays="BH"), round_the_clock()], entities={"works": "government"}) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"hours": ("07:00-12:00", "11:00-14:00")}, "calendars.government.week.sunday: overlap"),
        ({"hours": ("14:00-07:00",)}, "calendars.government.week.sunday: backwards"),
        ({"hours": ("07:00-07:00",)}, "calendars.government.week.sunday: backwards"),
        ({"week": {}}, "calendars.government.week: never_open"),
        ({"zone": "Asia/Manamah"}, "calendars.government.zone: zone"),
        ({"holidays": "XX"}, "calendars.government.holidays: country"),
        ({"default": False}, "calendars: default"),
        (
            {"special": [{"name": NAME, "first": date(2026, 3, 2), "last": date(2026, 3, 1)}]},
            "calendars.government.special.0: backwards",
        ),
        (
            {"special": [{"name": NAME, "first": date(2026, 3, 2), "last": date(2028, 3, 1)}]},
            "calendars.government.special.0: never_open",
        ),
        ({"in_lieu": {"weekdays": ["friday"]}}, "calendars.government.in_lieu: missing"),
        (
            {"holidays": "BH", "in_lieu": {"weekdays": ["friday", "friday"]}},
            "calendars.government.in_lieu.weekdays: double",
        ),
        (
            {"holidays": "BH", "in_lieu": {"weekdays": ["friday"], "decided": [decided(1), decided(1)]}},
            "calendars.government.in_lieu.decided: double",
        ),
        (
            {"holidays": "BH", "in_lieu": {"weekdays": ["friday"], "decided": [decided(1, 3), decided(2, 3)]}},
            "calendars.government.in_lieu.decided: same_day",
        ),
    ],
)
def test_a_calendar_is_refused(changed: dict[str, Any], fault: str) -> None:
    assert fault in codes([a_calendar(**changed)])


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"answer": "0h"}, "policies.answer.targets.answer: zero"),
        ({"targets": {"answer": {"days": 0}}}, "policies.answer.targets.answer: zero"),
        ({"targets": {"answer": {}}}, "policies.answer.targets.answer: either"),
        ({"targets": {"answer": {"days": 1, "working": "1h"}}}, "policies.answer.targets.answer: either"),
        ({"targets": {"answer": {"days": 1, "warn_at": [1.2]}}}, "policies.answer.targets.answer.warn_at: share"),
        ({"targets": {"answer": {"days": 1, "warn_at": [0.8, 0.5]}}}, "policies.answer.targets.answer.warn_at: order"),
        ({"waiting_limit": "0s"}, "policies.answer.waiting_limit: zero"),
        ({"interim_extension": "0h"}, "policies.answer.interim_extension: zero"),
        ({"after_reopening": {"working": "0h"}}, "policies.answer.after_reopening: zero"),
        ({"after_reopening": {}}, "policies.answer.after_reopening: either"),
        ({"calendar": "lunar"}, "policies.answer.calendar: unknown"),
        ({"ladder": [{"to": "head"}, {"to": "supervisor", "after": "2h"}]}, "policies.answer.ladder: down"),
        ({"ladder": [{"to": "head", "after": "2h"}, {"to": "central", "after": "1h"}]}, "policies.answer.ladder: down"),
        ({"ladder": [{"to": "head"}, {"to": "head", "after": "1h"}]}, "policies.answer.ladder: down"),
        ({"kind": "enquiry"}, "policies: coverage"),
        (
            {"valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"},
            "policies.answer.valid_until: backwards",
        ),
        ({"valid_from": "2026-02-01T00:00:00Z"}, "policies: coverage"),
    ],
)
def test_a_policy_is_refused(changed: dict[str, Any], fault: str) -> None:
    assert fault in codes(policies=[a_policy(**changed), a_triage_policy()])


def test_triage_must_be_somebodys_and_one_entitys() -> None:
    assert "policies: triage" in codes(policies=[a_policy()])
    assert "policies.triage.entity: missing" in codes(policies=[a_policy(), a_triage_policy(entity=None)])
    other = a_triage_policy(id="other", entity="works", kind="enquiry")
    assert "policies: triage" in codes(policies=[a_policy(), a_triage_policy(), other])


def test_two_policies_for_the_same_at_the_same_time_are_ambiguous() -> None:
    twin = a_policy("twin")
    assert "policies.twin: ambiguous" in codes(policies=[a_policy(), twin, a_triage_policy()])
    first = a_policy("first", entity="works", valid_until="2026-06-01T00:00:00Z")
    then = a_policy("then", entity="works", valid_from="2026-06-01T00:00:00Z")
    assert codes(policies=[a_policy(), first, then, a_triage_policy()]) == []


def test_ids_are_unique_and_calendars_in_use_stay() -> None:
    assert "policies.answer: double" in codes(policies=[a_policy(), a_policy(), a_triage_policy()])
    assert codes(entities={"ewa": "utilities"}) == ["calendars: unknown"]


def test_every_fault_is_named_at_once() -> None:
    found = codes([a_calendar(week={}, zone="Nowhere")], [a_policy(answer="0h")])
    assert len(found) == 4


@pytest.mark.parametrize("shift", ["7:00-14:15", "07:00", "07:00-24:01", "25:00-26:00", "07:60-08:00"])
def test_what_is_no_shift_is_not_even_read(shift: str) -> None:
    with pytest.raises(ValidationError):
        a_calendar(hours=(shift,))


@pytest.mark.parametrize("text", ["", "h", "1d", "1h1h", "-1h", "1.5h"])
def test_what_is_no_duration_is_not_even_read(text: str) -> None:
    with pytest.raises(ValidationError):
        a_policy(answer=text)


def test_durations_are_hours_minutes_and_seconds() -> None:
    assert parse_duration("36h15m").total_seconds() == 36 * 3_600 + 15 * 60
    assert parse_duration("90s").total_seconds() == 90
    assert parse_duration("2m1s").total_seconds() == 121


@pytest.mark.parametrize("days", [-1, 367, -(10**30)])
def test_what_is_no_number_of_days_is_not_even_read(days: int) -> None:
    with pytest.raises(ValidationError):
        a_policy(targets={"answer": {"days": days}})
