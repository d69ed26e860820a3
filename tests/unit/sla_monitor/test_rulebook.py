"""The most specific policy is taken; a publication keeps the versions of what did not change."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sla_monitor.calendar_admin.commands import next_rulebook
from sla_monitor.calendar_admin.model import CalendarsAndPolicies
from sla_monitor.calendars.checks import faults
from sla_monitor.calendars.public_holidays import COUNTRIES, holidays_of
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.calendars.store import stored

from tests.support.sla_monitor import SUNDAY, a_calendar, a_policy, a_rulebook, a_triage_policy, round_the_clock

COUNTRY = Path(__file__).parents[3] / "deploy" / "country"


async def nothing(after: int) -> Sequence[Rulebook]:
    return []


def chosen(
    rulebook: Rulebook, entity: str, category: str | None, priority: str, kind: str, at: datetime = SUNDAY
) -> str:
    return rulebook.policy("answer", (entity, category, priority, kind), at).id


def test_entity_prevails_over_category_over_priority_over_kind() -> None:
    rulebook = a_rulebook(
        a_policy("any"),
        a_policy("enquiry", kind="enquiry"),
        a_policy("urgent", priority="urgent"),
        a_policy("urgent-enquiry", priority="urgent", kind="enquiry"),
        a_policy("lamp", category="roads.lighting"),
        a_policy("works", entity="works"),
        a_policy("works-enquiry", entity="works", kind="enquiry"),
        a_triage_policy(),
    )
    assert chosen(rulebook, "health", None, "normal", "complaint") == "any"
    assert chosen(rulebook, "health", None, "normal", "enquiry") == "enquiry"
    assert chosen(rulebook, "health", None, "urgent", "complaint") == "urgent"
    assert chosen(rulebook, "health", None, "urgent", "enquiry") == "urgent-enquiry"
    assert chosen(rulebook, "health", "roads.lighting", "urgent", "enquiry") == "lamp"
    assert chosen(rulebook, "works", "roads.lighting", "urgent", "complaint") == "works"
    assert chosen(rulebook, "works", "roads.lighting", "urgent", "enquiry") == "works-enquiry"


def test_a_policy_holds_only_while_it_is_valid() -> None:
    campaign = a_policy("campaign", "7h", entity="works", valid_from=SUNDAY, valid_until=SUNDAY + timedelta(days=7))
    rulebook = a_rulebook(a_policy(), campaign, a_triage_policy())
    days = {-1: "answer", 0: "campaign", 6: "campaign", 7: "answer"}
    for day, expected in days.items():
        assert chosen(rulebook, "works", None, "normal", "enquiry", SUNDAY + timedelta(days=day)) == expected


def test_an_unknown_calendar_of_an_entity_falls_back_to_the_default() -> None:
    rulebook = a_rulebook()
    assert rulebook.calendar(None, "utilities").id == "utilities"
    assert rulebook.calendar(None, "lunar").id == "government"


def publish(known: Rulebooks, *policies: Any, calendars: Any = ()) -> Rulebook | None:
    following = next_rulebook(
        calendars or [a_calendar(holidays="BH"), round_the_clock()],
        policies or [a_policy(), a_triage_policy()],
        known,
        holidays_of,
        SUNDAY,
        "administrator",
    )
    if following:
        known.add(following)
    return following


def test_only_what_changed_gets_a_new_version() -> None:
    known = Rulebooks(nothing)
    first = publish(known)
    assert first is not None
    assert publish(known) is None, "nothing changed"
    second = publish(known, a_policy(answer="21h45m"), a_triage_policy())
    assert second is not None
    assert second.version == 2
    assert [(policy.id, policy.version) for policy in second.policies] == [("answer", 2), ("triage", 1)]
    assert {calendar.version for calendar in second.calendars} == {1}
    third = publish(known)
    assert third is not None
    assert [policy.version for policy in third.policies] == [3, 1], "a version is never used for two different things"
    assert known.get(1) == first


def test_a_calendar_that_was_away_for_a_while_goes_on_with_its_versions() -> None:
    known = Rulebooks(nothing)
    publish(known)
    publish(known, calendars=[a_calendar(holidays="BH")])
    back = publish(known, calendars=[a_calendar(holidays="BH"), round_the_clock(zone="UTC")])
    assert back is not None
    assert back.calendar("utilities").version == 2


def test_the_calendars_and_policies_of_the_sample_country_are_without_fault() -> None:
    calendars, policies, entities = (
        yaml.safe_load((COUNTRY / f"{name}.yaml").read_text()) for name in ("calendars", "policies", "entities")
    )
    body = CalendarsAndPolicies.model_validate_json(
        json.dumps({"calendars": calendars, "policies": policies, "reason": "a test"}, default=str)
    )
    worked_by = {entity["id"]: entity["calendar"] for entity in entities}
    assert faults(body.calendars, body.policies, COUNTRIES, worked_by) == []
    known_entities = {policy.entity for policy in body.policies} - {None}
    assert known_entities <= worked_by.keys()


def test_the_holidays_of_the_country_have_names_in_both_languages() -> None:
    national = datetime(2026, 12, 16, tzinfo=UTC).date()
    name = holidays_of("BH", [2026])[national]
    assert (name.ar, name.en) == ("العيد الوطني", "National Day")


def test_a_rulebook_survives_its_storage() -> None:
    rulebook = publish(Rulebooks(nothing))
    assert rulebook is not None
    assert Rulebook.model_validate(rulebook.model_dump(mode="json")) == rulebook


def test_what_is_stored_of_a_rulebook_is_what_was_said_and_gives_the_same_one_again() -> None:
    """So that the version before, which refuses what it does not know, reads what uses nothing new."""
    rulebook = a_rulebook(a_policy("any"), a_triage_policy(), calendars=[round_the_clock()])
    kept = stored(rulebook)
    (policy, _), (calendar, *_) = kept["policies"], kept["calendars"]
    assert policy["definition"].keys() == {"id", "name", "targets", "waiting_limit"}
    assert calendar["definition"].keys() <= {"id", "name", "zone", "default", "week"}
    assert Rulebook.model_validate(json.loads(json.dumps(kept))) == rulebook
