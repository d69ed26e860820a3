"""One access policy says who may see which case; every service asks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.events.model import Role
from shared.reference.access import areas_of, headed_by, is_confided, stands_for
from shared.reference.deputies import Away
from shared.reference.directory import Directory

from tests.support.notifier import an_entity, an_official

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
NAMES = st.sampled_from(["omar", "layla", "huda", "stranger"])


@dataclass(frozen=True)
class Someone:
    entity: str = "works"
    role: Role = Role.OFFICER
    other_roles: tuple[Role, ...] = ()
    areas: tuple[str, ...] = ()
    deputies: tuple[str, ...] = ()
    absences: tuple[Away, ...] = field(default=())


@given(st.frozensets(NAMES), st.frozensets(NAMES), st.booleans())
def test_a_confidential_case_is_known_to_those_it_names_and_to_the_head_alone(
    names: frozenset[str], confided: frozenset[str], is_head: bool
) -> None:
    headed = {"works"} if is_head else set[str]()
    assert is_confided(names, headed, "works", confided) is (is_head or bool(names & confided))
    assert is_confided(names, headed, "water", confided) is bool(names & confided), "the head of another entity"
    assert is_confided(names, headed, "works", None), "it is not confidential"


@pytest.mark.parametrize(
    ("head", "heads"),
    [("omar", {"omar"}), (None, {"huda"}), ("left", {"huda"})],
)
def test_the_head_is_whom_the_entity_names_or_else_whoever_has_that_role(head: str | None, heads: set[str]) -> None:
    officials: Mapping[str, Someone] = {"omar": Someone("ministry"), "huda": Someone(role=Role.HEAD), "ali": Someone()}
    found = {name for name in officials if headed_by({name}, {"works": head}, officials)}
    assert found == heads, "one who has left is no head"


def test_officials_together_work_in_all_their_areas_and_one_without_areas_everywhere() -> None:
    officials = {"west": Someone(areas=("west",)), "east": Someone(areas=("east",)), "all": Someone()}
    assert areas_of(["west", "east"], officials) == frozenset({"west", "east"})
    assert areas_of(["west", "all"], officials) is None
    assert areas_of(["west", "stranger"], officials) is None


def test_for_an_official_who_has_left_nobody_acts_and_nothing_is_read() -> None:
    directory = Directory()
    absent = {"absences": [{"first_day": "2026-12-01", "last_day": "2026-12-01"}], "deputies": ["deputy"]}
    for change in (an_entity("works"), an_official("deputy", "works"), an_official("boss", "works", "head", **absent)):
        directory.apply(change)
    assert directory.stands_for("deputy", NOW) == {"deputy", "boss"}
    assert directory.may_read(directory.stands_for("deputy", NOW), ["omar"], "works"), "for the head"
    directory.apply(an_official("boss", "works", "head", active=False, **absent))
    assert directory.stands_for("deputy", NOW) == {"deputy"} == stands_for("deputy", {}, NOW.date())
    assert not directory.may_read({"deputy", "boss"}, ["omar"], "works")
