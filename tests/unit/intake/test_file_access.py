"""Officials open the files of a submission by the same rules as at the router's desk."""

from typing import Any
from uuid import uuid4

import pytest
from intake.attachments.use_cases import check_visible
from intake.http.problems import problem_of
from intake.submissions.errors import Refused
from intake.submissions.life import Status
from intake.submissions.model import Submission
from intake.submissions.time_limits import Limits
from intake.timeline.commands import apply_event
from shared.events.assignments import ConfidentialityChanged, SubCaseClosed, SubCaseConfided, SubCaseMoved
from shared.events.directory import AreaChanged, EntityChanged, OfficialChanged
from shared.events.envelope import Cause, OutgoingEvent, seal
from shared.events.model import Location, Name, Role, SubmissionEvent
from shared.http.auth import Caller
from shared.reference.directory import Directory

from tests.support.intake import NOON, a_submission

NAME = Name(ar="اسم", en="Name")
ID, LIMITS = str(uuid4()), Limits()


def a_directory() -> Directory:
    directory = Directory()
    directory.apply(EntityChanged(entity="works", name=NAME, kind="ministry", calendar="government", head="head"))
    for area, first in (("west", 100), ("east", 200)):
        ring = ((50.0, 26.0), (50.1, 26.0), (50.1, 26.1), (50.0, 26.0))
        directory.apply(AreaChanged(area=area, name=NAME, polygon=(ring,), blocks=((first, first + 99),)))
    directory.apply(EntityChanged(entity="ewa", name=NAME, kind="authority", calendar="government"))
    for id, entity, role, areas in (
        ("west", "works", Role.OFFICER, ("west",)),
        ("other", "works", Role.OFFICER, ()),
        ("head", "works", Role.HEAD, ()),
        ("ewa.west", "ewa", Role.OFFICER, ("west",)),
        ("ewa.head", "ewa", Role.HEAD, ()),
    ):
        official = OfficialChanged(official=id, name=NAME, entity=entity, role=role, language="ar", areas=areas)
        directory.apply(official)
    return directory


def status(
    id: str,
    role: Role = Role.OFFICER,
    block: str | None = None,
    confided: list[str] | None = None,
    by: str = "works",
    area: str | None = None,
    parts: dict[str, list[str]] | None = None,
) -> int:
    where = Location(block=block) if block else None
    case = a_submission(entity="works", location=where, confided=confided, area=area)
    case = case.model_copy(update={"parts": {"1": "ewa", "2": "health"}, "confided_parts": parts or {}})
    try:
        check_visible(Caller(id, id, frozenset({role}), by), case, by, a_directory(), NOON)
    except Refused as refused:
        return problem_of(refused).status
    return 200


@pytest.mark.parametrize(("block", "expected"), [("150", 200), ("250", 403), (None, 200)])
def test_files_of_another_area_are_as_anothers(block: str | None, expected: int) -> None:
    assert status("west", block=block) == expected
    assert [status("west", area=area) for area in ("west", "east")] == [200, 403], "as the router read it in the text"
    assert status("other", block=block) == status("clerk", Role.CENTRAL, block=block) == 200


def test_files_of_what_is_confidential_are_for_the_named_and_the_head() -> None:
    named = ["other"]
    assert [status(id, confided=named) for id in ("other", "head", "west")] == [200, 200, 404]
    assert status("clerk", Role.CENTRAL, confided=named) == 404


def test_who_does_a_part_opens_the_files_as_that_part() -> None:
    assert [status("ewa.west", block=block, by="ewa") for block in ("150", "250")] == [200, 403]
    assert [status(id, confided=["other"], by="ewa") for id in ("ewa.west", "ewa.head")] == [404, 200]
    assert status("ewa.west", confided=["other"], by="ewa", parts={"1": ["ewa.west"]}) == 200, "named for its part"
    assert status("ewa.west", confided=["other"], by="ewa", parts={"2": ["ewa.west"]}) == 404, "another entity's"
    assert status("west", confided=["other"], parts={"1": ["west"]}) == 404, "of the whole nothing"
    assert status("ewa.west", block="250", confided=["other"], by="ewa", parts={"1": ["ewa.west"]}) == 403


def test_whom_an_entity_named_for_its_part_goes_with_the_part_and_with_what_was_confidential() -> None:
    about: dict[str, Any] = {"submission_id": ID, "from_state": "assigned", "to_state": "assigned"}
    of_part = about | {"sub_case": "1", "official": "ewa.head"}
    named = SubCaseConfided(**of_part, entity="ewa", officials=("ewa.west",))
    moved = SubCaseMoved(**of_part, from_entity="ewa", entity="health", text="It is theirs.")
    taken_back = SubCaseClosed(**of_part, entity="ewa", text="No more.", outcome="taken_back")
    freed = ConfidentialityChanged(**about, entity="works", official="head")
    begun = a_submission(Status.ASSIGNED, entity="works", confided=["other"], parts={"1": "ewa"}, taking_part=["ewa"])

    def after(*facts: SubmissionEvent) -> Submission:
        state = begun
        for data in facts:
            decision = apply_event(
                state, seal(OutgoingEvent(data), ID, 1, "/tawasul/router", NOON, Cause("test")), LIMITS
            )
            assert decision is not None
            state = decision.state
        return state

    assert after(named).confided_at("ewa") == ["other", "ewa.west"]
    assert after(named).confided_at("works") == ["other"]
    has_the_whole = after(named).model_copy(update={"entity": "ewa"})
    assert has_the_whole.confided_at("ewa") == ["other"], "whom it named for the part reads no whole"
    assert after(named, taken_back).confided_parts == {}
    assert len(after(named).timeline) == len(begun.timeline), "its author is not told"
    assert after(named, moved).confided_at("health") == ["other"]
    assert after(named, freed).confided_at("ewa") is None
    assert after(named, freed).confided_parts == {}, "confidential once more, they are named anew"
