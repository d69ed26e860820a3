"""Officials who work in some areas are told of these alone: the desk shows them no others."""

from typing import Any

import pytest
from notifier.cases.model import Case
from notifier.planning.commands import tell
from shared.events.model import EventData
from shared.reference.directory import Directory

from tests.support.notifier import NOW, a_directory, a_fact, an_event, an_official, received, the_table

WEST: dict[str, Any] = {"areas": ["west"]}
EAST: dict[str, Any] = {"areas": ["east"]}
DIVIDED = a_directory(an_official("officer.one", **WEST), an_official("officer.two", **EAST))


def told(fact: EventData, area: str | None, directory: Directory = DIVIDED, **case: Any) -> set[str]:
    """The officials who hear of the fact, once it was assigned to the Ministry of Works and lies in this area."""
    state: Case | None = None
    for number, each in enumerate((received(), a_fact("SubmissionAssigned", area=area)), start=1):
        state = tell(state, an_event(each, number), directory, the_table(), NOW).state
    assert state is not None
    decision = tell(state.model_copy(update=case), an_event(fact, 3), directory, the_table(), NOW)
    planned = [each for name, each in decision.records if name == "notifications"]
    return {each["recipient"] for each in planned if each["recipient_kind"] in ("official", "entity")}


@pytest.mark.parametrize(
    ("area", "heard"),
    [
        ("west", {"officer.one"}),
        ("east", {"officer.two"}),
        ("north", {"head.works"}),
        (None, {"officer.one", "officer.two"}),
    ],
)
def test_of_a_team_those_hear_who_work_where_it_lies_and_the_head_where_nobody_does(
    area: str | None, heard: set[str]
) -> None:
    assert told(a_fact("InformationAdded"), area) == heard


def test_who_has_it_hears_while_they_work_there() -> None:
    assert told(a_fact("InformationAdded"), "west", in_charge="officer.one") == {"officer.one"}
    assert told(a_fact("InformationAdded"), "west", in_charge="officer.two") == {"officer.one"}


def test_a_deputy_hears_for_who_is_absent_wherever_they_work_themselves() -> None:
    away: dict[str, Any] = {"absences": [{"first_day": NOW.date(), "last_day": NOW.date()}]}
    away |= WEST | {"deputies": ["officer.two"]}
    directory = a_directory(an_official("officer.one", **away), an_official("officer.two", **EAST))
    assert told(a_fact("InformationAdded"), "west", directory) == {"officer.two"}


def test_whom_an_event_names_hears_and_the_central_office_hears_of_every_area() -> None:
    assert told(a_fact("OfficialsMentioned", officials=("officer.two",)), "west") == {"officer.two"}
    clerk = an_official("central.triage", "central-office", "central", **WEST)
    assert told(a_fact("AppealFiled"), "east", a_directory(clerk)) == {"central.triage"}


def test_of_what_is_confidential_the_head_hears_where_its_readers_work_elsewhere() -> None:
    assert told(a_fact("InformationAdded"), "east", confided=("officer.one",)) == {"head.works"}
    assert told(a_fact("InformationAdded"), "west", confided=("officer.one",)) == {"officer.one"}


def test_a_supervisor_of_another_area_is_passed_over_for_the_head() -> None:
    directory = a_directory(an_official("supervisor.works", role="supervisor", **WEST))
    assert told(a_fact("AnswerProposed"), "west", directory) == {"supervisor.works"}
    assert told(a_fact("AnswerProposed"), "east", directory) == {"head.works"}
