"""The official who has a case is told of it; its team is while nobody has it, or nobody is there to act."""

from datetime import timedelta
from typing import Any

import pytest
from notifier.cases.model import Case
from notifier.deferral.model import is_overtaken, may_be_overtaken
from notifier.notifications.store import read_notification
from notifier.planning.commands import tell
from notifier.planning.table import Row, Table
from shared.events.model import EventData

from tests.support.notifier import (
    NOW,
    a_directory,
    a_fact,
    a_notification,
    an_entity,
    an_event,
    an_official,
    received,
    the_table,
)

TEAM, HEAD = {"officer.one", "officer.two"}, {"head.works"}
TODAY: dict[str, Any] = {"absences": [{"first_day": NOW.date(), "last_day": NOW.date()}]}
GIVEN = a_fact("OfficialPutInCharge", officials=("officer.two",), relieved=())


def told(*facts: EventData, before: Case | None = None, directory: Any = None) -> tuple[Case, set[str], list[Any]]:
    """The case, the officials whom the last fact was told to, and what was planned for them."""
    state, planned = before, []
    for number, fact in enumerate(facts, start=1):
        decision = tell(state, an_event(fact, number), directory or a_directory(), the_table(), NOW)
        state = decision.state
        planned = [each for name, each in decision.records if name == "notifications"]
    assert state is not None
    officials = [each for each in planned if each["recipient_kind"] in ("official", "entity")]
    return state, {each["recipient"] for each in officials}, officials


def with_works(*facts: EventData) -> Case:
    return told(received(), a_fact("SubmissionAssigned"), *facts)[0]


def test_what_nobody_has_yet_is_told_to_the_team_and_what_somebody_has_to_them_alone() -> None:
    assert told(a_fact("InformationAdded"), before=with_works())[1] == TEAM
    case, heard, _ = told(GIVEN, before=with_works())
    assert (heard, case.in_charge) == ({"officer.two"}, "officer.two")
    for event in ("InformationAdded", "DeadlineApproaching", "SubmissionReopened"):
        case, heard, planned = told(a_fact(event), before=case)
        assert heard == {"officer.two"}, event
        assert {each["in_charge"] for each in planned} == {"officer.two"}
    assert told(a_fact("DeadlineBreached"), before=case)[1] == {"officer.two"} | HEAD


def test_who_has_it_no_more_is_told_so_and_hears_of_it_no_more() -> None:
    case, _, _ = told(GIVEN, before=with_works())
    given_on = a_fact(
        "OfficialPutInCharge", in_charge="officer.one", officials=("officer.one",), relieved=("officer.two",)
    )
    case, _, planned = told(given_on, before=case)
    assert {(each["recipient"], each["template"]) for each in planned} == {
        ("officer.one", "put-in-charge"),
        ("officer.two", "given-to-another"),
    }
    assert told(a_fact("InformationAdded"), before=case)[1] == {"officer.one"}


def test_an_event_of_a_version_that_did_not_know_who_had_it_before_relieves_nobody() -> None:
    old = {name: value for name, value in GIVEN.model_dump().items() if name != "relieved"}
    assert type(GIVEN).model_validate(old).relieved == ()


@pytest.mark.parametrize(
    ("officials", "heard"),
    [
        ([an_official("officer.two", deputies=["supervisor.works"], **TODAY)], {"supervisor.works"}),
        ([an_official("officer.two", **TODAY)], TEAM),
        ([an_official("officer.two", active=False)], {"officer.one"}),
    ],
    ids=["absent, with a deputy", "absent, and nobody acts for them", "left"],
)
def test_for_who_is_not_there_a_deputy_hears_or_else_the_team(officials: list[EventData], heard: set[str]) -> None:
    case = with_works(GIVEN)
    assert told(a_fact("InformationAdded"), before=case, directory=a_directory(*officials))[1] == heard


def test_another_entity_begins_with_its_team_and_the_same_one_once_more_with_who_had_it() -> None:
    case = with_works(GIVEN)
    assert told(a_fact("SubmissionTransferred", entity="power"), before=case)[1] == {"power"}
    assert told(a_fact("TriageRequested", entity="central-office"), before=case)[0].in_charge is None
    again, heard, _ = told(a_fact("SubmissionAssigned"), before=case)
    assert (heard, again.in_charge) == ({"officer.two"}, "officer.two")


def test_of_what_is_confidential_who_has_it_hears_only_if_they_read_it() -> None:
    for readers, heard in ((("officer.two",), {"officer.two"}), (("officer.one",), HEAD)):
        case = with_works(GIVEN, a_fact("ConfidentialityChanged", officials=readers))
        assert told(a_fact("InformationAdded"), before=case)[1] == heard


def test_a_team_whose_entity_gives_its_cases_by_itself_is_mailed_only_where_nobody_has_it_soon() -> None:
    by_itself = a_directory(an_entity("works", assigning="load"))
    case, heard, planned = told(a_fact("SubmissionAssigned"), before=told(received())[0], directory=by_itself)
    assert heard == TEAM
    waiting = {(each["channel"], each["state"], each.get("held_for"), each.get("held_until")) for each in planned}
    in_half_a_minute = NOW + timedelta(seconds=30)
    assert waiting == {("mail", "held", "being given", in_half_a_minute), ("inbox", "delivered", None, None)}
    mails = [read_notification(each) for each in planned if each["channel"] == "mail"]
    assert not any(is_overtaken(each, case) for each in mails)
    case, _, given = told(GIVEN, before=case, directory=by_itself)
    assert all(is_overtaken(each, case) for each in mails)
    assert {each["state"] for each in given} == {"created", "delivered"}
    _, _, late = told(a_fact("DeadlineBreached"), before=told(received())[0], directory=by_itself)
    assert {each["state"] for each in late} == {"created", "delivered"}, "what is urgent waits for nobody"


def test_a_table_can_tell_the_team_all_the_same() -> None:
    row = {"event": "InformationAdded", "audience": "team", "template": "information-added"}
    table = Table.model_validate({"rows": [row], "nobody": []})
    decision = tell(with_works(GIVEN), an_event(a_fact("InformationAdded")), a_directory(), table, NOW)
    assert {each["recipient"] for _, each in decision.records} == TEAM


def test_a_table_that_was_published_before_means_the_team_by_officers() -> None:
    row = Row.model_validate({"event": "InformationAdded", "audience": "officer", "template": "information-added"})
    assert row.audience == "team"
    assert Row.model_validate_json(row.model_dump_json(by_alias=True)) == row


def test_what_waited_is_not_told_to_the_team_any_more_once_somebody_has_it() -> None:
    waited = a_notification(audience="in-charge", recipient="officer.one", recipient_kind="official")
    assert may_be_overtaken(waited)
    assert [is_overtaken(waited, Case(in_charge=who)) for who in (None, "officer.two")] == [False, True]
    assert not is_overtaken(waited, Case(in_charge="officer.one")), "of the team they have it themselves"
    theirs = waited.model_copy(update={"in_charge": "officer.two", "recipient": "officer.two"})
    assert [is_overtaken(theirs, Case(in_charge=who)) for who in ("officer.two", "officer.one")] == [False, True]
    assert not is_overtaken(waited.model_copy(update={"mandatory": True}), Case(in_charge="officer.two"))
