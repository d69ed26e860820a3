"""Several submissions of one matter: merged, undone whole, answered together, never counted twice."""

from datetime import timedelta
from typing import Any

import pytest
from router.assigning import facts as follow
from router.cases.erased import without_words
from router.cases.life import TRANSITIONS, WORKED_ON, Move, State
from router.cases.model import Assignment, NotPossible, Question, Submission
from router.casework import decisions as work
from router.duplicates.decisions import NotToBeMerged, bring_along, keep_told, link, merge, unlink, unmerge
from router.replies import suggestions as suggest
from shared.events.assignments import (
    InterimReplyGiven,
    SubmissionAnswered,
    SubmissionDeclined,
    SubmissionMerged,
    SubmissionUnmerged,
    SuggestionDecided,
)
from shared.events.submissions import InformationAdded, SubmissionWithdrawn

from tests.support.router import A_SUBMISSION, NOW, an_assignment, received

CHILD, PARENT = A_SUBMISSION, "5e6d1f5a-8c55-4a51-9d0e-3a5d0c1f7b22"
LATER = NOW + timedelta(hours=1)
STORED = [state for state in State if state not in (State.EXPECTED, State.TRANSFERRED, State.REOPENED)]


def merged(child: Assignment | None = None, parent: Assignment | None = None) -> tuple[Assignment, Assignment]:
    one, other = merge(CHILD, child or an_assignment(), PARENT, parent or an_assignment(), "Same.", "officer", NOW)
    assert other is not None
    return one.state, other.state


@pytest.mark.parametrize("state", STORED)
def test_what_is_still_to_do_is_merged_and_nothing_else(state: State) -> None:
    if state not in TRANSITIONS[Move.MERGE]:
        with pytest.raises(NotPossible):
            merged(an_assignment(state))
        return
    (decision, other) = merge(CHILD, an_assignment(state), PARENT, an_assignment(), "Same.", "officer", NOW)
    (event,) = [draft.data for draft in decision.events]
    assert isinstance(event, SubmissionMerged)
    assert (event.from_state, event.to_state, event.parent) == (state, "merged", PARENT)
    assert other is not None
    assert (other.state.duplicates, list(other.events)) == ((CHILD,), [])
    assert [entry.what for entry in other.state.history] == ["DuplicateMerged"]


@pytest.mark.parametrize("state", STORED)
def test_only_what_is_worked_on_can_have_duplicates(state: State) -> None:
    if state in WORKED_ON:
        assert merged(parent=an_assignment(state))[0].state is State.MERGED
        return
    with pytest.raises(NotToBeMerged) as refused:
        merged(parent=an_assignment(state))
    assert refused.value.why == "ended"


def test_neither_into_itself_nor_with_duplicates_nor_across_suggestions() -> None:
    one = an_assignment()
    suggestion = one.changed(submission=one.submission and one.submission.model_copy(update={"kind": "suggestion"}))
    for child, parent_id, parent, why in (
        (one, CHILD, one, "itself"),
        (one.changed(duplicates=("x",)), PARENT, one, "leads"),
        (suggestion, PARENT, one, "kinds"),
        (one, PARENT, one.changed(duplicates=tuple(map(str, range(500)))), "full"),
    ):
        with pytest.raises(NotToBeMerged) as refused:
            merge(CHILD, child, parent_id, parent, "Same.", "officer", NOW)
        assert refused.value.why == why


@pytest.mark.parametrize("state", [State.IN_TRIAGE, State.ASSIGNED, State.ACKNOWLEDGED, State.AWAITING_CITIZEN])
def test_undone_it_is_what_it_was_before_and_both_remember(state: State) -> None:
    before = an_assignment(state)
    child, parent = merged(before)
    decision, other = unmerge(CHILD, child, parent, "Another hole.", "officer", LATER)
    after = decision.state
    assert after.changed(history=()) == before.changed(history=())
    assert [entry.what for entry in after.history] == ["SubmissionMerged", "SubmissionUnmerged"]
    (event,) = [draft.data for draft in decision.events]
    assert isinstance(event, SubmissionUnmerged)
    assert (event.from_state, event.to_state) == ("merged", state)
    assert other is not None
    assert other.state.duplicates is None
    assert [entry.what for entry in other.state.history] == ["DuplicateMerged", "DuplicateUnmerged"]
    with pytest.raises(NotPossible):
        unmerge(CHILD, after, other.state, "Again.", "officer", LATER)


@pytest.mark.parametrize("state", STORED)
def test_only_what_is_merged_is_undone_and_only_what_the_table_says_is_linked(state: State) -> None:
    one, other = an_assignment(state), an_assignment()
    with pytest.raises(NotPossible):
        unmerge(CHILD, one, other, "Another hole.", "officer", LATER)
    if state not in TRANSITIONS[Move.LINK]:
        with pytest.raises(NotPossible):
            link(CHILD, one, PARENT, other, "officer", NOW)
        return
    assert link(CHILD, one, PARENT, other, "officer", NOW)[0].state.state is state


def test_an_answer_to_a_question_that_crosses_with_the_merging_is_not_asked_for_again() -> None:
    child, parent = merged(an_assignment(State.AWAITING_CITIZEN))
    data = InformationAdded(submission_id=CHILD, from_state="x", to_state="y", text="There.", answers="q1")
    crossed = follow.information_added(child, data, NOW).state
    after = unmerge(CHILD, crossed, parent, "No.", "officer", LATER)[0].state
    assert (after.state, after.question) == (State.ACKNOWLEDGED, None)


def along(child: Assignment, parent: Assignment) -> tuple[Assignment, list[Any]]:
    decision = bring_along(CHILD, child, PARENT, parent, LATER)
    return decision.state, [draft.data for draft in decision.events]


def test_the_answer_of_one_is_the_answer_of_all_and_counts_once() -> None:
    child, parent = merged(parent=an_assignment(State.ASSIGNED, "ewa"))
    parent = work.answer(PARENT, parent, "It was filled.", "resolved", "officer.ewa", LATER).state
    after, (event,) = along(child, parent)
    assert isinstance(event, SubmissionAnswered)
    assert (event.submission_id, event.text, event.entity, event.official) == (
        CHILD,
        "It was filled.",
        "ewa",
        "officer.ewa",
    )
    assert (after.state, after.merged, after.entity) == (State.ANSWERED, None, "ewa")
    assert after.answered_at is None, "the entity has answered one case"
    assert along(after, parent) == (after, [])


@pytest.mark.parametrize(("verdict", "state"), [("accepted", State.ACCEPTED), ("rejected", State.REJECTED)])
def test_a_suggestion_is_decided_for_all_who_made_it(verdict: suggest.Verdict, state: State) -> None:
    kind: dict[str, Any] = {"submission": Submission.model_validate(received(kind="suggestion").model_dump())}
    child, parent = merged(an_assignment(**kind), an_assignment(State.EVALUATING, **kind))
    decided = suggest.decide(PARENT, parent, verdict, "We thought about it.", "officer.works", LATER).state
    after, (event,) = along(child, decided)
    assert isinstance(event, SuggestionDecided)
    assert (after.state, event.decision, event.text) == (state, verdict, "We thought about it.")


def test_what_is_declined_is_declined_for_all() -> None:
    child, parent = merged()
    parent = work.decline(PARENT, parent, "Before a court.", "before-court", "officer.works", LATER).state
    after, (event,) = along(child, parent)
    assert isinstance(event, SubmissionDeclined)
    assert (after.state, event.reason_code) == (State.DECLINED, "before-court")


def test_whose_leader_is_withdrawn_or_erased_is_work_of_its_own_again() -> None:
    waiting = an_assignment(State.AWAITING_CITIZEN)
    child, parent = merged(waiting)
    withdrawal = SubmissionWithdrawn(submission_id=PARENT, from_state="x", to_state="y")
    after, (event,) = along(child, follow.withdrawn(parent, withdrawal, LATER).state)
    assert isinstance(event, SubmissionUnmerged)
    assert (after.state, after.question) == (State.AWAITING_CITIZEN, waiting.question)
    answered = work.answer(PARENT, parent, "It was filled.", "resolved", "officer.works", LATER).state
    after, (event,) = along(child, without_words(answered))
    assert isinstance(event, SubmissionUnmerged)


def test_who_withdraws_while_merged_is_not_brought_along() -> None:
    child, parent = merged()
    gone = follow.withdrawn(child, SubmissionWithdrawn(submission_id=CHILD, from_state="x", to_state="y"), LATER).state
    assert gone.state is State.WITHDRAWN
    parent = work.answer(PARENT, parent, "It was filled.", "resolved", "officer.works", LATER).state
    assert along(gone, parent) == (gone, [])


def test_erased_it_keeps_no_word_of_its_question() -> None:
    child, _ = merged(an_assignment(State.AWAITING_CITIZEN, question=Question(id="q1", text="Where?", asked_at=NOW)))
    left = without_words(child).merged
    assert left is not None
    assert left.question is not None
    assert left.question.text == ""


def test_interim_replies_to_the_one_that_is_worked_on_are_told_to_the_other_authors_once() -> None:
    def puts_off(case: Assignment, text: str) -> Assignment:
        return work.interim_reply(PARENT, case, text, LATER, "officer.works", NOW).state

    child, parent = merged(parent=puts_off(an_assignment(), "Before it was merged."))
    assert keep_told(CHILD, child, PARENT, parent, LATER) is None
    parent = puts_off(parent, "It is ordered.")
    assert parent.tells_sub_cases
    decision = keep_told(CHILD, child, PARENT, parent, LATER)
    assert decision is not None
    (event,) = [draft.data for draft in decision.events]
    assert isinstance(event, InterimReplyGiven)
    assert (event.submission_id, event.text, event.expected_at) == (CHILD, "It is ordered.", LATER)
    assert (event.from_state, event.to_state) == (State.MERGED, State.MERGED)
    assert keep_told(CHILD, decision.state, PARENT, parent, LATER) is None, "once"
    again = keep_told(CHILD, decision.state, PARENT, puts_off(parent, "It is on its way."), LATER)
    assert again is not None
    assert [entry.why for entry in again.state.history if entry.what == event.type] == [
        "It is ordered.",
        "It is on its way.",
    ]
    moved_on = keep_told(CHILD, child, PARENT, parent.given_to("power", LATER), LATER)
    assert moved_on is not None
    assert [draft.data.model_dump()["entity"] for draft in moved_on.events] == ["works"], "who had it then"
    alone, _ = unmerge(CHILD, again.state, parent, "Another hole.", "officer", LATER)
    assert work.interim_replies(alone.state) == 0, "those were not the own entity's"
    alone, _ = unmerge(CHILD, child, parent, "Another hole.", "officer", LATER)
    for one, other in ((alone.state, parent), (child, without_words(parent)), (without_words(child), parent)):
        assert keep_told(CHILD, one, PARENT, other, LATER) is None


def test_a_link_is_made_and_taken_on_both_sides_and_moves_nothing() -> None:
    one, other = an_assignment(), an_assignment(State.ANSWERED)
    first, second = link(CHILD, one, PARENT, other, "officer", NOW)
    assert second is not None
    assert (first.state.related, second.state.related) == ((PARENT,), (CHILD,))
    assert (first.state.state, second.state.state, list(first.events)) == (State.ASSIGNED, State.ANSWERED, [])
    again, _ = link(CHILD, first.state, PARENT, second.state, "officer", NOW)
    assert again.state == first.state
    first, second = unlink(CHILD, first.state, PARENT, second.state, "officer", NOW)
    assert second is not None
    assert (first.state.related, second.state.related) == ((), ())
    with pytest.raises(NotToBeMerged):
        link(CHILD, one, CHILD, one, "officer", NOW)
