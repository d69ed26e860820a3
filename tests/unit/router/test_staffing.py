"""Which official of an entity is put in charge, and who acts for whom."""

from datetime import date
from typing import Any

import pytest
from router.access.policy import Office, denial_reason
from router.cases.life import Move, State
from router.cases.model import Charge, Proposed
from router.casework import decisions as work
from router.directory.model import Official
from router.staffing import commands as staff
from router.staffing.model import acts_as_leader, candidates, chosen, colleagues, with_groups_above
from shared.events.model import Role
from shared.http.auth import Caller
from shared.reference.access import stands_for

from tests.support.router import A_SUBMISSION, NOW, a_directory, an_assignment, an_official

TODAY = date(2026, 11, 24)
TODAY_ALONE = [{"first_day": "2026-11-24", "last_day": "2026-11-24"}]


def the(id: str, role: str = "officer", **more: Any) -> Official:
    return Official.model_validate(an_official(id, "works", role, **more))


A, B, C = the("a"), the("b", skills=["roads"]), the("c", areas=["east"])


@pytest.mark.parametrize(
    ("way", "loads", "turn", "who"),
    [
        ("hand", {}, 0, None),
        ("load", {"a": 2, "b": 1, "c": 3}, 0, "b"),
        ("load", {"a": 1, "b": 1, "c": 1}, 0, "a"),
        ("load", {"a": 1, "b": 1}, 0, "c"),
        ("skill", {"b": 9}, 0, "b"),
        ("turn", {"a": 9}, 0, "a"),
        ("turn", {}, 4, "b"),
    ],
)
def test_a_case_goes_to_who_has_the_fewest_is_versed_in_it_or_is_next(
    way: Any, loads: dict[str, int], turn: int, who: str | None
) -> None:
    above = with_groups_above("roads.pothole", a_directory().categories)
    assert above == ["roads.pothole", "roads"]
    found = chosen(way, [A, B, C], loads, above, turn)
    assert (found.id if found else None) == who


def test_what_nobody_is_versed_in_goes_to_who_has_the_fewest() -> None:
    found = chosen("skill", [A, B, C], {"a": 1, "b": 2}, ["rubbish"], 0)
    assert found == C
    assert chosen("load", [], {}, [], 0) is None


def test_the_absent_are_given_nothing_nor_who_works_in_another_area_nor_a_supervisor_beside_officers() -> None:
    team = [the("gone", absences=TODAY_ALONE), A, C, the("boss", "supervisor")]
    assert [each.id for each in candidates(team, "west", TODAY)] == ["a"]
    assert [each.id for each in candidates(team, "east", TODAY)] == ["a", "c"]
    assert [each.id for each in candidates([*team[:1], C, team[3]], "west", TODAY)] == ["boss"]
    assert candidates([team[0], C], "west", TODAY) == [], "who does not see it is not given it"
    assert candidates([team[0], C], "", TODAY) == [C], "where it is, nobody knows"


def test_the_first_deputy_who_is_there_leads_while_a_supervisor_is_absent() -> None:
    boss = the("boss", "supervisor", deputies=["gone", "a", "b"], absences=TODAY_ALONE)
    officials = {each.id: each for each in (boss, the("gone", absences=TODAY_ALONE), A, B)}
    assert [id for id in officials if acts_as_leader(id, officials, "works", TODAY)] == ["a"]
    assert not acts_as_leader("a", officials, "works", date(2026, 11, 25))
    assert not acts_as_leader("boss", officials | {"boss": the("boss", "supervisor")}, "works", TODAY)
    assert not acts_as_leader("a", officials, "ewa", TODAY)


def test_who_acts_for_a_deputy_who_is_absent_too_leads_as_they_see_what_is_confided_to_both() -> None:
    boss = the("boss", "supervisor", deputies=["gone"], absences=TODAY_ALONE)
    officials = {each.id: each for each in (boss, the("gone", deputies=["a"], absences=TODAY_ALONE), A, B)}
    assert [id for id in officials if acts_as_leader(id, officials, "works", TODAY)] == ["a"]
    assert stands_for("a", officials, TODAY) == {"a", "boss", "gone"}


def test_a_deputy_approves_for_the_absent_supervisor_and_on_no_other_day() -> None:
    boss = an_official("boss", "works", "supervisor", deputies=["a"], absences=TODAY_ALONE)
    directory = a_directory(officials=[boss, an_official("a", "works")])
    proposed = Proposed(text="Done.", reason_code="resolved", official="b", at=NOW)
    case = an_assignment(State.ACKNOWLEDGED, proposed=proposed)
    deputy = Caller("a", "A", frozenset({Role.OFFICER}), "works")
    assert denial_reason(deputy, Move.APPROVE, case, Office(directory, TODAY)) is None
    assert denial_reason(deputy, Move.APPROVE, case, Office(directory, date(2026, 11, 25))) == "role"


def test_who_is_put_in_charge_is_told_unless_they_took_it_up_themselves() -> None:
    given = staff.put_in_charge(A_SUBMISSION, an_assignment(unstaffed=True), "a", "load", None, NOW)
    event: Any = given.events[0].data
    assert (event.in_charge, event.officials, event.official) == ("a", ("a",), None)
    assert given.state.charge == Charge(official="a", since=NOW, way="load")
    assert given.state.unstaffed is None
    taken: Any = staff.put_in_charge(A_SUBMISSION, an_assignment(), "a", "hand", "a", NOW).events[0].data
    assert taken.officials == ()


def test_another_entity_begins_without_anybody_in_charge_and_what_ends_needs_nobody() -> None:
    charge = Charge(official="a", since=NOW, way="load")
    before = an_assignment(State.ACKNOWLEDGED, charge=charge)
    moved = work.transfer(A_SUBMISSION, before, "ewa", "Theirs.", "a", 1, NOW).state
    assert (moved.charge, moved.unstaffed) == (None, True)
    answered = work.answer(A_SUBMISSION, moved, "Done.", "resolved", "x", NOW).state
    assert answered.unstaffed is None
    assert work.answer(A_SUBMISSION, before, "Done.", "resolved", "a", NOW).state.charge == charge


def test_colleagues_are_the_officials_of_the_entity_who_work_on_cases() -> None:
    elsewhere = Official.model_validate(an_official("e", "ewa"))
    both = the("z", "auditor", other_roles=["officer"])
    assert [each.id for each in colleagues([both, B, elsewhere, the("x", "auditor"), A], "works")] == ["a", "b", "z"]
