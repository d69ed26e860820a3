"""Who may do what: every role, at home and elsewhere, with every move."""

import pytest
from router.api.access import check_may, check_may_read, entity_listed
from router.domain.life import Move, State
from shared.auth import OFFICIALS, Caller
from shared.events.model import Role
from shared.problems import Problem

from tests.support.router import an_assignment

WORK = (Move.ACKNOWLEDGE, Move.ASK, Move.ANSWER, Move.DECLINE, Move.TRANSFER)


def a_caller(role: Role, entity: str | None) -> Caller:
    return Caller("someone", "Someone", frozenset({role}), entity)


def may(caller: Caller, move: Move, entity: str) -> bool:
    state = {Move.TRIAGE: State.IN_TRIAGE, Move.UPHOLD: State.APPEALED, Move.DISMISS: State.APPEALED}.get(
        move, State.ASSIGNED
    )
    try:
        check_may(caller, move, an_assignment(state, entity))
    except Problem as refusal:
        return refusal.status != 403
    return True


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", WORK)
def test_the_custodians_officials_work_on_it_and_nobody_elses(role: Role, move: Move) -> None:
    is_central = role is Role.CENTRAL
    assert may(a_caller(role, "works"), move, "works") is (role in OFFICIALS or is_central)
    assert may(a_caller(role, "ewa"), move, "works") is (is_central and move is Move.TRANSFER)
    assert may(a_caller(role, None), move, "works") is (is_central and move is Move.TRANSFER)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", [Move.UPHOLD, Move.DISMISS])
def test_only_the_central_role_decides_appeals_whoever_has_the_case(role: Role, move: Move) -> None:
    for entity in ("works", "central-office"):
        assert may(a_caller(role, entity), move, "works") is (role is Role.CENTRAL)


@pytest.mark.parametrize("role", Role)
def test_only_the_central_role_places_what_is_in_triage(role: Role) -> None:
    assert may(a_caller(role, "central-office"), Move.TRIAGE, "central-office") is (role is Role.CENTRAL)


@pytest.mark.parametrize("role", Role)
def test_officials_see_their_own_entitys_and_the_central_office_and_auditors_all(role: Role) -> None:
    at_home, elsewhere = a_caller(role, "works"), a_caller(role, "ewa")
    sees_all = role in (Role.CENTRAL, Role.AUDITOR)
    for caller, allowed in ((at_home, sees_all or role in OFFICIALS), (elsewhere, sees_all)):
        try:
            check_may_read(caller, an_assignment())
            assert allowed
        except Problem:
            assert not allowed
    if sees_all:
        assert entity_listed(at_home) is None
    elif role in OFFICIALS:
        assert entity_listed(at_home) == "works"
    else:
        with pytest.raises(Problem):
            entity_listed(at_home)
