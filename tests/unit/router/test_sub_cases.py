"""Parts of a submission that other entities do: lives of their own, which follow what becomes of their parent."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from router.access.policy import possible
from router.assigning import facts as follow
from router.cases.life import LOOKED_INTO, OF_SUB_CASES, OPEN, Move, State
from router.cases.model import Assignment, File, NotPossible
from router.casework import decisions as work
from router.duplicates.likeness import findable
from router.erasure.commands import erase
from router.replies.evidence import needs_evidence
from router.sub_cases import decisions as sub_cases
from shared.events.assignments import (
    ConfidentialityChanged,
    PriorityChanged,
    SubCaseClosed,
    SubCaseInformed,
    SubCaseMoved,
    SubCaseOpened,
    SubCaseReceived,
    SubCaseTakenBack,
    SubmissionAnswered,
    SubmissionAssigned,
)
from shared.events.model import Priority, Role
from shared.events.submissions import AttachedFile, AttachmentsAdded, InformationAdded, SubmissionWithdrawn
from shared.http.auth import Caller

from tests.support.parts import LATER, PART, opened
from tests.support.router import A_SUBMISSION, NOW, a_category, a_directory, a_rule, an_assignment

STORED = [state for state in State if state not in (State.EXPECTED, State.TRANSFERRED, State.REOPENED)]


@pytest.mark.parametrize("state", STORED)
def test_a_part_is_asked_for_while_an_entity_works_on_it(state: State) -> None:
    if state not in LOOKED_INTO:
        with pytest.raises(NotPossible):
            opened(an_assignment(state))
        return
    parent, part = sub_cases.open_sub_case(A_SUBMISSION, an_assignment(state), "ewa", "Can you?", "officer", 1, NOW)
    assert part is not None
    (told,) = [draft.data for draft in parent.events]
    assert isinstance(told, SubCaseOpened)
    assert (told.submission_id, told.from_state, told.to_state) == (A_SUBMISSION, state, state)
    assert (told.entity, told.sub_case, parent.state.entity) == ("ewa", "1", "works")
    begun, given = [draft.data for draft in part.events]
    assert isinstance(begun, SubCaseReceived)
    assert isinstance(given, SubmissionAssigned)
    assert (begun.submission_id, begun.parent, begun.reference) == (PART, A_SUBMISSION, "7K3MX-QPA42-1")
    assert (given.submission_id, given.from_state, given.entity) == (PART, None, "ewa")
    assert (part.state.state, part.state.unstaffed, part.state.priority) == (State.ASSIGNED, True, Priority.NORMAL)


def test_a_part_goes_through_what_concerns_officials_alone() -> None:
    _, part = opened()
    officer = Caller("officer.ewa", "Officer", frozenset({Role.OFFICER, Role.CENTRAL}), "ewa")
    offered = set(possible(officer, part))
    assert offered == {
        *(Move.ACKNOWLEDGE, Move.ANSWER, Move.TRANSFER),
        *(Move.PRIORITISE, Move.NOTE, Move.PUT_IN_CHARGE),
    }
    assert offered <= OF_SUB_CASES
    assert findable(work.acknowledge(PART, part, "officer.ewa", NOW)).state.like == (), "it is not the same once more"


def test_the_answer_of_a_part_needs_no_evidence_that_its_author_would_see() -> None:
    category = a_category("roads.pothole", entity="works", needs_evidence=True)
    directory = a_directory(categories=[category], rules=[a_rule("triage", {"triage": True})])
    parent, part = opened(an_assignment(category="roads.pothole"))
    assert [needs_evidence(directory, each) for each in (parent, part)] == [True, False]


def test_the_answer_of_a_part_is_noted_by_its_parent_and_told_to_who_asked() -> None:
    parent, part = opened()
    answered = work.answer(PART, part, "Yes, in May.", "explained", "officer.ewa", LATER)
    assert isinstance(answered.events[0].data, SubmissionAnswered)
    noted = sub_cases.closed(parent, part, "Yes, in May.", "officer.ewa", LATER)
    assert noted is not None
    (event,) = [draft.data for draft in noted.events]
    assert isinstance(event, SubCaseClosed)
    assert (event.submission_id, event.outcome, event.officials) == (A_SUBMISSION, "answered", ("officer.works",))
    assert (noted.state.open_sub_cases, noted.state.state) == (None, parent.state)
    assert [entry.what for entry in noted.state.history] == ["SubCaseOpened", "SubCaseClosed"]


def test_a_part_that_is_not_needed_is_taken_back_once() -> None:
    parent, part = opened()
    one, other = sub_cases.take_back(A_SUBMISSION, parent, part, "Done without it.", "officer.works", LATER)
    assert other is not None
    assert (other.state.state, one.state.open_sub_cases) == (State.WITHDRAWN, None)
    assert [type(draft.data) for draft in (*one.events, *other.events)] == [SubCaseClosed, SubCaseTakenBack]
    with pytest.raises(NotPossible):
        sub_cases.take_back(A_SUBMISSION, one.state, other.state, "Again.", "officer.works", LATER)
    with pytest.raises(NotPossible):
        sub_cases.take_back(A_SUBMISSION, parent, None, "None.", "officer.works", LATER)


@pytest.mark.parametrize("state", STORED)
def test_a_part_is_taken_back_while_an_entity_works_on_the_whole(state: State) -> None:
    parent, part = opened()
    if state not in LOOKED_INTO:
        with pytest.raises(NotPossible):
            sub_cases.take_back(A_SUBMISSION, parent.changed(state=state), part, "Late.", "officer.works", LATER)
        return
    taken = sub_cases.take_back(A_SUBMISSION, parent.changed(state=state), part, "Late.", "officer.works", LATER)
    assert taken[0].state.state is state


def test_a_part_that_was_asked_of_the_wrong_entity_moves_on_and_its_parent_notes_it() -> None:
    parent, part = opened()
    moved = work.transfer(PART, part, "traffic", "It is the traffic light.", "officer.ewa", 1, LATER).state
    noted = sub_cases.moved_on(parent, part, moved, "It is the traffic light.", "officer.ewa", LATER)
    (event,) = [draft.data for draft in noted.events]
    assert isinstance(event, SubCaseMoved)
    assert (event.submission_id, event.sub_case) == (A_SUBMISSION, "1")
    assert (event.from_entity, event.entity, event.officials) == ("ewa", "traffic", ("officer.works",))
    assert (noted.state.open_sub_cases, noted.state.state, noted.state.history[-1].entity) == (
        (1,),
        parent.state,
        "traffic",
    )
    by_who_asked = sub_cases.moved_on(parent, part, moved, "Theirs.", "officer.works", LATER)
    (event,) = [draft.data for draft in by_who_asked.events]
    assert isinstance(event, SubCaseMoved)
    assert event.officials == (), "they know"


def test_a_parent_waits_again_for_a_part_that_an_earlier_version_took_for_ended_while_it_waited_to_be_placed() -> None:
    parent, part = opened()
    given_up = work.give_up(PART, part, "central-office", "works", "Ours?", "officer.ewa", 1, LATER).state
    forgotten = parent.changed(open_sub_cases=None)
    placed = work.triage(PART, given_up, "ewa", None, "It is their cable.", "triage", 1, LATER).state
    noted = sub_cases.moved_on(forgotten, given_up, placed, "It is their cable.", "triage", LATER).state
    assert (noted.open_sub_cases, noted.tells_sub_cases) == ((1,), None)
    answered = forgotten.changed(state=State.ANSWERED)
    noted = sub_cases.moved_on(answered, given_up, placed, "It is their cable.", "triage", LATER).state
    assert noted.tells_sub_cases, "it ends with its parent"


def test_a_part_that_waits_to_be_placed_is_open_and_follows_its_parent() -> None:
    parent, part = opened()
    waits = work.give_up(PART, part, "central-office", "traffic", "Not ours.", "officer.ewa", 1, LATER).state
    assert waits.state is State.IN_TRIAGE
    urgent = work.prioritise(A_SUBMISSION, parent, Priority.HIGH, "A school.", "b", LATER).state
    followed = sub_cases.follow(PART, waits, urgent, LATER)
    assert followed is not None
    assert (followed.state.priority, followed.state.state) == (Priority.HIGH, State.IN_TRIAGE)
    _, back = sub_cases.take_back(A_SUBMISSION, parent, waits, "Done without it.", "officer.works", LATER)
    assert back is not None
    assert back.state.state is State.WITHDRAWN
    ended = sub_cases.follow(PART, waits, ENDS["answered"](parent), LATER)
    assert ended is not None
    assert ended.state.state is State.WITHDRAWN


def test_who_does_a_part_reads_what_its_author_was_asked_and_added_and_nothing_else_of_its_parent() -> None:
    parent, part = opened(an_assignment(State.ACKNOWLEDGED))
    asked = work.ask(A_SUBMISSION, parent, "q1", "On which side?", "officer.works", LATER).state
    said = asked.noted("InformationAdded", "citizen", LATER, "On the left.")
    noted = work.note(A_SUBMISSION, said, "He called twice.", (), "officer.works", LATER).state
    read = part.with_its_authors(noted.changed(files=(File(id="f", media_type="image/jpeg", size=9),)))
    assert [entry.what for entry in read.history] == ["SubmissionAssigned", "InformationRequested", "InformationAdded"]
    assert [file.id for file in read.files] == ["f"]


ENDS: dict[str, Any] = {
    "answered": lambda a: work.answer(A_SUBMISSION, a, "Done.", "resolved", "officer.works", LATER).state,
    "declined": lambda a: work.decline(A_SUBMISSION, a, "No.", "repeated", "officer.works", LATER).state,
    "withdrawn": lambda a: (
        follow.withdrawn(
            a, SubmissionWithdrawn(submission_id=A_SUBMISSION, from_state="x", to_state="withdrawn"), LATER
        ).state
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_part_ends_with_its_parent(how: str) -> None:
    parent, part = opened()
    ended = ENDS[how](parent)
    assert ended.tells_sub_cases
    decision = sub_cases.follow(PART, part, ended, LATER)
    assert decision is not None
    assert decision.state.state is State.WITHDRAWN
    (event,) = [draft.data for draft in decision.events]
    assert isinstance(event, SubCaseTakenBack)
    assert sub_cases.follow(PART, decision.state, ended, LATER) is None, "once"
    left = sub_cases.followed(ended, frozenset({1}))
    assert (left.tells_sub_cases, left.open_sub_cases) == (None, None)


@pytest.mark.parametrize("state", [*OPEN, State.MERGED])
def test_a_part_goes_on_while_its_parent_does_and_when_it_goes_on_with_another(state: State) -> None:
    _, part = opened()
    assert sub_cases.follow(PART, part, an_assignment(state), LATER) is None


def test_another_priority_of_the_parent_is_that_of_its_open_parts() -> None:
    parent, part = opened()
    urgent = work.prioritise(A_SUBMISSION, parent, Priority.URGENT, "A school.", "officer.works", LATER).state
    assert urgent.tells_sub_cases
    decision = sub_cases.follow(PART, part, urgent, LATER)
    assert decision is not None
    assert decision.state.priority is Priority.URGENT
    assert isinstance(decision.events[0].data, PriorityChanged)
    assert sub_cases.followed(urgent, frozenset()).open_sub_cases == (1,)


def test_what_is_confided_and_freed_again_are_its_parts_too_ended_or_not() -> None:
    parent, part = opened()
    answered = work.answer(PART, part, "Yes.", "explained", "officer.ewa", LATER).state
    noted = sub_cases.closed(parent, part, "Yes.", "officer.ewa", LATER)
    assert noted is not None
    confided = work.confide(A_SUBMISSION, noted.state, ("a",), "A colleague.", "b", LATER).state
    assert confided.tells_sub_cases
    freed = work.confide(A_SUBMISSION, confided, (), "Settled.", "b", LATER).state
    for each in (part, answered):
        decision = sub_cases.follow(PART, each, confided, LATER)
        assert decision is not None
        (event,) = [draft.data for draft in decision.events]
        assert isinstance(event, ConfidentialityChanged)
        assert (event.submission_id, event.officials, event.from_state) == (PART, ("a", "b"), each.state)
        assert (decision.state.named, decision.state.state) == (("a", "b"), each.state)
        assert sub_cases.follow(PART, decision.state, confided, LATER) is None, "once"
        again = sub_cases.follow(PART, decision.state, freed, LATER)
        assert again is not None
        assert again.state.named is None


def test_a_part_follows_in_everything_that_became_of_its_parent_meanwhile() -> None:
    parent, part = opened()
    urgent = work.prioritise(A_SUBMISSION, parent, Priority.HIGH, "A school.", "b", LATER).state
    both = work.confide(A_SUBMISSION, urgent, ("a",), "A colleague.", "b", LATER).state
    decision = sub_cases.follow(PART, part, both, LATER)
    assert decision is not None
    assert (decision.state.priority, decision.state.named) == (Priority.HIGH, ("a", "b"))
    assert len(decision.events) == 2


def added(before: Assignment, at: datetime, **more: Any) -> Assignment:
    data = InformationAdded(submission_id=A_SUBMISSION, to_state="assigned", text="It is by the school.", **more)
    return follow.information_added(before, data, at).state


def test_who_does_a_part_is_told_once_of_what_its_author_added_since() -> None:
    parent, part = opened(added(an_assignment(), NOW - timedelta(days=1)))
    assert not opened()[0].tells_sub_cases
    assert sub_cases.follow(PART, part, parent, LATER) is None, "what was there when it was asked for"
    photo = AttachedFile(id="photo", media_type="image/jpeg", size=9)
    files = AttachmentsAdded(submission_id=A_SUBMISSION, to_state="assigned", attachments=(photo,))
    more = follow.files_added(added(parent, LATER), files, LATER).state
    assert more.tells_sub_cases
    for each in (part, part.changed(heard=None)):
        decision = sub_cases.follow(PART, each, more, LATER)
        assert decision is not None
        (event,) = [draft.data for draft in decision.events]
        assert isinstance(event, SubCaseInformed)
        assert (event.submission_id, event.parent, event.entity) == (PART, A_SUBMISSION, "ewa")
        assert (event.from_state, event.to_state) == (State.ASSIGNED, State.ASSIGNED)
        assert sub_cases.follow(PART, decision.state, more, LATER) is None, "once"
    answered = work.answer(PART, part, "Yes.", "explained", "officer.ewa", LATER).state
    assert sub_cases.follow(PART, answered, more, LATER) is None, "who has done it waits for nothing"


def test_erasing_the_person_takes_the_words_out_of_every_part_ended_or_not() -> None:
    parent, part = opened()
    answered = work.answer(PART, part, "Ask Maryam.", "explained", "officer.ewa", LATER).state
    told = erase(A_SUBMISSION, parent, LATER)
    assert [document["_id"] for _, document in told.records] == [A_SUBMISSION, PART]
    assert told.forgets
    erased = told.state
    assert erased.tells_sub_cases
    for each, state in ((part, State.WITHDRAWN), (answered, State.ANSWERED)):
        ended = erased.changed(state=State.WITHDRAWN)
        decision = sub_cases.follow(PART, each, ended, LATER)
        assert decision is not None
        assert (decision.state.state, decision.state.erased, decision.forgets) == (state, True, True)
        left = decision.state.model_dump_json()
        assert [word for word in ("pothole in front", "cable", "Maryam") if word in left] == []
