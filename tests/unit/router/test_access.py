"""The access policy: every role, at home and elsewhere, with every move."""

import pytest
from router.access.policy import (
    APPROVALS,
    COMMANDS,
    FINAL,
    FOR_CENTRAL_ALONE,
    FOR_CENTRAL_TOO,
    NO_OFFICE,
    AccessDenied,
    NotVisible,
    Office,
    as_seen_by,
    can_have,
    check_may,
    check_may_read,
    denial_reason,
    may_read,
    readers_of,
    visibility_of,
)
from router.cases.life import Move, State
from router.cases.model import Assignment, Proposed, Refusal
from router.casework import decisions as work
from shared.events.model import Location, Role
from shared.http.auth import OFFICIALS, Caller

from tests.support.router import A_SUBMISSION, NOW, a_directory, a_rule, an_assignment, an_entity, an_official

WORK = (
    *(Move.ACKNOWLEDGE, Move.ASK, Move.ANSWER, Move.DECLINE, Move.TRANSFER, Move.INTERIM, Move.NOTE),
    *(Move.EVALUATE, Move.ACCEPT, Move.REJECT, Move.IMPLEMENT, Move.RECATEGORISE, Move.PRIORITISE, Move.PUT_IN_CHARGE),
    *(Move.LINK, Move.MERGE, Move.UNMERGE, Move.OPEN_SUB_CASE, Move.TAKE_BACK),
)
LEADS = (Role.SUPERVISOR, Role.HEAD)
CENTRAL = an_entity("central-office", "central")
APPROVING = Office(a_directory(entities=[CENTRAL, an_entity("works", answers_need_approval=True)]))


def a_caller(role: Role, entity: str | None) -> Caller:
    return Caller("someone", "Someone", frozenset({role}), entity)


def may(caller: Caller, move: Move, entity: str) -> bool:
    state = {Move.TRIAGE: State.IN_TRIAGE, Move.UPHOLD: State.APPEALED, Move.DISMISS: State.APPEALED}.get(
        move, State.ASSIGNED
    )
    try:
        check_may(caller, move, an_assignment(state, entity))
    except AccessDenied:
        return False
    return True


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", WORK)
def test_the_custodians_officials_work_on_it_and_nobody_elses(role: Role, move: Move) -> None:
    is_central = role is Role.CENTRAL
    assert may(a_caller(role, "works"), move, "works") is (role in OFFICIALS or is_central)
    assert may(a_caller(role, "ewa"), move, "works") is (is_central and move in FOR_CENTRAL_TOO)
    assert may(a_caller(role, None), move, "works") is (is_central and move in FOR_CENTRAL_TOO)


def test_every_command_stands_in_one_of_these_tests() -> None:
    assert set(COMMANDS) == {*WORK, *APPROVALS, *FOR_CENTRAL_ALONE, Move.PROPOSE, Move.CONFIDE}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", FINAL)
def test_where_answers_need_approval_only_those_who_lead_say_the_last_word(role: Role, move: Move) -> None:
    case = an_assignment(State.ACKNOWLEDGED)
    is_central_at_home = role is Role.CENTRAL
    wrong = denial_reason(a_caller(role, "works"), move, case, APPROVING)
    assert (wrong is None) is (role in LEADS)
    assert (wrong == "approval") is (role is Role.OFFICER or is_central_at_home)
    assert denial_reason(a_caller(role, "ewa"), move, case, APPROVING) == "entity"


@pytest.mark.parametrize("role", Role)
def test_an_answer_is_proposed_where_it_needs_approval_and_nobody_approves_their_own(role: Role) -> None:
    caller, case = a_caller(role, "works"), an_assignment(State.ACKNOWLEDGED)
    works_here = role in OFFICIALS or role is Role.CENTRAL
    assert (denial_reason(caller, Move.PROPOSE, case, APPROVING) is None) is works_here
    assert denial_reason(caller, Move.PROPOSE, case, Office(a_directory())) is not None
    for author in ("somebody", caller.subject):
        waiting = case.changed(proposed=Proposed(text="Done.", reason_code="resolved", official=author, at=NOW))
        may_approve = role in LEADS and author != caller.subject
        assert (denial_reason(caller, Move.APPROVE, waiting, APPROVING) is None) is may_approve
        assert (denial_reason(caller, Move.SEND_BACK, waiting, APPROVING) is None) is (role in LEADS)
        assert denial_reason(a_caller(role, "ewa"), Move.APPROVE, waiting, APPROVING) == "entity"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("move", [Move.UPHOLD, Move.DISMISS])
def test_only_the_central_role_decides_appeals_and_never_those_against_the_own_entity(role: Role, move: Move) -> None:
    assert may(a_caller(role, "central-office"), move, "works") is (role is Role.CENTRAL)
    assert not may(a_caller(role, "works"), move, "works"), "an appeal goes to somebody outside the entity"
    said = an_assignment(State.ACKNOWLEDGED, "central-office").noted("AnswerProposed", "someone", NOW)
    for who, reason in (("someone", "own"), ("another", "own"), ("clerk", None)):
        answered = work.answer(A_SUBMISSION, said, "No.", "explained", "another", NOW).state
        caller = Caller(who, who, frozenset({Role.CENTRAL}), "central-office")
        assert denial_reason(caller, move, answered, APPROVING) == reason, (
            "nobody hears what is said against themselves"
        )
    for what in ("AnswerSentBack", "SubmissionTransferred"):
        other = said.noted(what, "clerk", NOW).noted("SubmissionAnswered", "another", NOW)
        assert other.answered_by == {"another"}, "what was sent back, or is another entity's answer, is not theirs"


@pytest.mark.parametrize("role", Role)
def test_only_the_central_role_places_what_is_in_triage(role: Role) -> None:
    assert may(a_caller(role, "central-office"), Move.TRIAGE, "central-office") is (role is Role.CENTRAL)


@pytest.mark.parametrize("role", Role)
def test_officials_see_their_own_entitys_and_the_central_office_and_auditors_all(role: Role) -> None:
    at_home, elsewhere = a_caller(role, "works"), a_caller(role, "ewa")
    sees_all = role in (Role.CENTRAL, Role.AUDITOR)
    for caller, allowed in ((at_home, sees_all or role in OFFICIALS), (elsewhere, sees_all)):
        try:
            check_may_read(caller, an_assignment(), NO_OFFICE)
            assert allowed
        except Refusal:
            assert not allowed
    if sees_all:
        assert visibility_of(at_home, NO_OFFICE).entity is None
    elif role in OFFICIALS:
        assert visibility_of(at_home, NO_OFFICE).entity == "works"
    else:
        with pytest.raises(AccessDenied):
            visibility_of(at_home, NO_OFFICE)


TODAY = NOW.date()
AWAY = [{"first_day": TODAY.isoformat(), "last_day": TODAY.isoformat()}]
STAFF = a_directory(
    entities=[CENTRAL, an_entity("works", head="head")],
    officials=[
        an_official("west", "works", areas=["west"]),
        an_official("everywhere", "works", "supervisor"),
        an_official("east", "works", areas=["east"], absences=AWAY, deputies=["west"]),
        an_official("head", "works", "head"),
        an_official("clerk", "central-office", "central"),
    ],
    categories=[],
    rules=[a_rule("triage", {"triage": True})],
)
OFFICE = Office(STAFF, TODAY)


def called(id: str) -> Caller:
    known = STAFF.officials[id]
    return Caller(id, id, frozenset({known.role}), known.entity)


@pytest.mark.parametrize(
    ("area", "readers"),
    [
        ("west", {"west", "everywhere", "head", "clerk"}),
        ("east", {"west", "east", "everywhere", "head", "clerk"}),  # the first acts for the second, who is absent
        ("north", {"everywhere", "head", "clerk"}),
        ("", {"west", "east", "everywhere", "head", "clerk"}),
    ],
)
def test_an_official_sees_the_own_areas_and_those_of_whom_they_act_for(area: str, readers: set[str]) -> None:
    case = an_assignment(area=area)
    assert {id for id in STAFF.officials if may_read(called(id), case, OFFICE)} == readers
    for id in STAFF.officials:
        is_refused = hindered(id, case)
        assert is_refused is (id not in readers), "no command where there is no reading"
    stranger = Caller("unknown", "Unknown", frozenset({Role.OFFICER}), "works")
    assert may_read(stranger, case, OFFICE), "the sign-in says who belongs to the entity"


def hindered(id: str, case: Assignment) -> bool:
    try:
        check_may(called(id), Move.NOTE, case, OFFICE)
    except Refusal:
        return True
    return False


def test_what_is_confidential_is_read_by_whom_it_names_who_acts_for_them_and_the_head_alone() -> None:
    case = an_assignment(named=("east",), area="east")
    assert {id for id in STAFF.officials if may_read(called(id), case, OFFICE)} == {"east", "west", "head"}
    assert hindered("clerk", case)
    with pytest.raises(NotVisible):
        check_may_read(called("everywhere"), case, OFFICE)
    assert [official.id for official in readers_of(STAFF, case)] == ["east", "head"], "who is absent aside"
    assert [official.id for official in can_have(STAFF, case)] == ["east", "head"]
    central = an_assignment(named=("clerk",))
    assert {id for id in STAFF.officials if may_read(called(id), central, OFFICE)} == {"clerk", "head"}


@pytest.mark.parametrize("role", Role)
def test_who_leads_the_entity_or_works_centrally_makes_it_confidential(role: Role) -> None:
    assert may(a_caller(role, "works"), Move.CONFIDE, "works") is (role in LEADS or role is Role.CENTRAL)
    assert may(a_caller(role, "ewa"), Move.CONFIDE, "works") is (role is Role.CENTRAL)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CITIZEN])
def test_who_only_audits_sees_the_block_and_not_the_address(role: Role) -> None:
    at = {"block": "428", "address": "House 12, Road 2803", "lat": 26.21, "lon": 50.58}
    case = an_assignment()
    assert case.submission is not None
    location = Location.model_validate(at)
    case = case.changed(submission=case.submission.model_copy(update={"location": location}))
    seen = as_seen_by(a_caller(role, "works"), case).submission
    assert seen is not None
    assert seen.location is not None
    assert seen.location.block == "428"
    works_on_it = role in OFFICIALS or role is Role.CENTRAL
    assert (seen.location == location) is works_on_it
    assert (seen.location.address, seen.location.lat) == ((location.address, 26.21) if works_on_it else (None, None))
