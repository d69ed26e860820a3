"""The whole table of an assignment's life: every command and every fact, from every state."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from router.cases.life import FOR_SUGGESTIONS, HELD, OPEN, TRANSITIONS, Move, State, target
from router.cases.model import Assignment, Custodian, NotPossible, Proposed
from router.casework import decisions as work
from router.consumers import HANDLERS, EventContext
from router.replies import approvals as approve
from router.replies import suggestions as suggest
from router.staffing import commands as staff
from shared.events.deadlines import DeadlineResumed
from shared.events.model import EventData, Priority
from shared.events.submissions import (
    AppealFiled,
    InformationAdded,
    SubmissionClosed,
    SubmissionRated,
    SubmissionReopened,
    SubmissionWithdrawn,
)
from shared.storage.aggregates import Decision

from tests.support.router import A_SUBMISSION, NOW, a_directory, an_assignment, an_event, received

STORED = [state for state in State if state not in (State.TRANSFERRED, State.REOPENED)]
"""States that an assignment is found in; the other two are passed through within one write."""

LIGHTING = a_directory().categories["roads.lighting"]
PROPOSED = Proposed(text="Done.", reason_code="resolved", official="officer.works", at=NOW)

COMMANDS: dict[Move, Callable[[Assignment], Decision[Assignment]]] = {
    Move.TRIAGE: lambda a: work.triage(A_SUBMISSION, a, "works", None, "A hole.", "triage", 1, NOW),
    Move.ACKNOWLEDGE: lambda a: work.acknowledge(A_SUBMISSION, a, "officer.works", NOW),
    Move.ASK: lambda a: work.ask(A_SUBMISSION, a, "q2", "Where?", "officer.works", NOW),
    Move.ANSWER: lambda a: work.answer(A_SUBMISSION, a, "Done.", "resolved", "officer.works", NOW),
    Move.DECLINE: lambda a: work.decline(A_SUBMISSION, a, "No.", "spam", "officer.works", NOW),
    Move.UPHOLD: lambda a: work.decide_appeal(A_SUBMISSION, a, "upheld", "Look again.", "triage", NOW),
    Move.DISMISS: lambda a: work.decide_appeal(A_SUBMISSION, a, "dismissed", "It was done.", "triage", NOW),
    Move.INTERIM: lambda a: work.interim_reply(A_SUBMISSION, a, "It is ordered.", NOW, "officer.works", NOW),
    Move.PROPOSE: lambda a: approve.propose(A_SUBMISSION, a, "Done.", "resolved", "officer.works", NOW),
    Move.APPROVE: lambda a: approve.approve(A_SUBMISSION, a, "officer.works", NOW),
    Move.SEND_BACK: lambda a: approve.send_back(A_SUBMISSION, a, "Name a day.", "officer.works", NOW),
    Move.EVALUATE: lambda a: suggest.decide(A_SUBMISSION, a, "evaluating", "We look.", "officer.works", NOW),
    Move.ACCEPT: lambda a: suggest.decide(A_SUBMISSION, a, "accepted", "We will.", "officer.works", NOW),
    Move.REJECT: lambda a: suggest.decide(A_SUBMISSION, a, "rejected", "No.", "officer.works", NOW),
    Move.IMPLEMENT: lambda a: suggest.implement(A_SUBMISSION, a, "It is open.", "officer.works", NOW),
    Move.CONFIDE: lambda a: work.confide(A_SUBMISSION, a, ("triage",), "A child.", "officer.works", NOW),
    Move.PUT_IN_CHARGE: lambda a: staff.put_in_charge(A_SUBMISSION, a, "officer.works", "hand", "officer.works", NOW),
    Move.RECATEGORISE: lambda a: work.recategorise(A_SUBMISSION, a, LIGHTING, "A lamp.", "officer.works", NOW),
    Move.PRIORITISE: lambda a: work.prioritise(A_SUBMISSION, a, Priority.URGENT, "A school.", "officer.works", NOW),
    Move.GIVE_UP: lambda a: work.give_up(A_SUBMISSION, a, "central-office", "ewa", "Theirs.", "officer.works", 1, NOW),
    Move.TRANSFER: lambda a: work.transfer(A_SUBMISSION, a, "ewa", "Theirs.", "officer.works", 1, NOW),
}

WHAT: dict[str, Any] = {"submission_id": A_SUBMISSION, "from_state": "x", "to_state": "y"}
FACTS: dict[Move, EventData] = {
    Move.WITHDRAW: SubmissionWithdrawn(**WHAT),
    Move.CLOSE: SubmissionClosed(**WHAT, reason="time_passed"),
    Move.REOPEN: SubmissionReopened(**WHAT, reason="It is back."),
    Move.RESUME: InformationAdded(**WHAT, text="There.", answers="q1"),
    Move.APPEAL: AppealFiled(**WHAT, reason="Not so."),
}
REMARKS = (
    SubmissionRated(**WHAT, score=1, comment="Slow."),
    SubmissionClosed(**WHAT, reason="appeal_dismissed"),
    InformationAdded(**WHAT, text="By the way."),
    InformationAdded(**WHAT, text="To an older question.", answers="q0"),
)


OF_PAIRS = {Move.LINK, Move.MERGE, Move.UNMERGE, Move.OPEN_SUB_CASE, Move.TAKE_BACK}
"""Two change at once: test_merging, test_sub_cases."""

WITH_ANOTHER = {Move.ANSWER_TOGETHER, Move.DECLINE_TOGETHER, Move.ACCEPT_TOGETHER, Move.REJECT_TOGETHER}
AT_THE_BEGINNING = {Move.SEND_TO_TRIAGE, Move.ASSIGN}
"""Of a submission that came, or came back: test_facts."""


def test_every_move_stands_in_one_of_these_tests() -> None:
    assert {*COMMANDS, *FACTS, *OF_PAIRS, *WITH_ANOTHER, *AT_THE_BEGINNING, Move.NOTE} == set(Move)


def take(state: State, data: EventData) -> Decision[Assignment]:
    decision = HANDLERS[type(data)](an_assignment(state), an_event(data), EventContext(a_directory), NOW)
    assert decision is not None
    return decision


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("move", COMMANDS)
def test_a_command_moves_as_the_table_says_or_is_refused(state: State, move: Move) -> None:
    before = an_assignment(state, kind="suggestion", proposed=PROPOSED)
    if target(state, move) is None:
        with pytest.raises(NotPossible):
            COMMANDS[move](before)
        return
    decision = COMMANDS[move](before)
    after = decision.state
    reached = State.ASSIGNED if move is Move.TRANSFER else target(state, move)
    assert after.state is reached
    events: list[Any] = [draft.data for draft in decision.events]
    assert (events[0].from_state, events[-1].to_state) == (state, reached)
    assert all(earlier.to_state == later.from_state for earlier, later in pairwise(events))
    entries = after.history
    assert [entry.what for entry in entries] == [event.type for event in events]
    assert [(entry.from_state, entry.to_state) for entry in entries] == [(e.from_state, e.to_state) for e in events]
    assert all(entry.who in ("triage", "officer.works") for entry in entries)
    assert (after.question is not None) == (reached is State.AWAITING_CITIZEN)
    assert (after.proposed is not None) == (reached in HELD and move not in (Move.SEND_BACK, Move.TRANSFER))


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("move", FOR_SUGGESTIONS)
def test_only_a_suggestion_has_a_middle_of_its_own(state: State, move: Move) -> None:
    with pytest.raises(NotPossible):
        COMMANDS[move](an_assignment(state))


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("move", [Move.APPROVE, Move.SEND_BACK])
def test_what_nobody_proposed_is_neither_approved_nor_sent_back(state: State, move: Move) -> None:
    with pytest.raises(NotPossible):
        COMMANDS[move](an_assignment(state))


def test_a_proposed_answer_says_nothing_until_it_is_approved_and_then_who_wrote_it_and_who_let_it_go() -> None:
    before = an_assignment(State.AWAITING_CITIZEN)
    proposed = approve.propose(A_SUBMISSION, before, "It was filled.", "resolved", "officer.works", NOW)
    assert (proposed.state.state, proposed.state.question) == (State.AWAITING_CITIZEN, before.question)
    assert "It was filled." not in proposed.events[0].data.model_dump_json()
    event: Any = approve.approve(A_SUBMISSION, proposed.state, "supervisor.works", NOW).events[0].data
    assert (event.text, event.reason_code) == ("It was filled.", "resolved")
    assert (event.official, event.approved_by) == ("officer.works", "supervisor.works")


def test_what_the_citizen_adds_while_an_answer_waits_for_approval_leaves_it_waiting() -> None:
    before = an_assignment(State.AWAITING_CITIZEN, proposed=PROPOSED)
    handler = HANDLERS[InformationAdded]
    after = handler(before, an_event(FACTS[Move.RESUME]), EventContext(a_directory), NOW)
    assert after is not None
    assert (after.state.state, after.state.proposed) == (State.ACKNOWLEDGED, PROPOSED)


def test_interim_replies_are_counted_for_the_entity_that_has_it_now() -> None:
    given = COMMANDS[Move.INTERIM](COMMANDS[Move.INTERIM](an_assignment()).state).state
    assert work.interim_replies(given) == 2
    assert given.expected_at == NOW
    passed_on = COMMANDS[Move.TRANSFER](given).state.changed()
    later = passed_on.model_copy(update={"custodians": (Custodian(entity="ewa", since=NOW + timedelta(hours=1)),)})
    assert work.interim_replies(later) == 0


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("move", FACTS)
def test_a_fact_moves_as_the_table_says_or_is_only_noted(state: State, move: Move) -> None:
    decision = take(state, FACTS[move])
    expected = target(state, move)
    if expected is None:
        assert (decision.state.state, list(decision.events)) == (state, [])
        assert [(e.from_state, e.to_state) for e in decision.state.history] == [(state, state)]
    else:
        assert decision.state.state is (State.ASSIGNED if move is Move.REOPEN else expected)
        assert decision.state.history[0].to_state is expected
    assert decision.state.history[0].what == FACTS[move].type


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("remark", REMARKS)
def test_a_remark_is_noted_in_every_state_and_moves_nothing(state: State, remark: EventData) -> None:
    decision = take(state, remark)
    assert (decision.state.state, list(decision.events)) == (state, [])
    assert decision.state.history[-1].why


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("question", ["q1", None, "q0"])
def test_the_limit_ends_the_waiting_for_the_open_question_alone(state: State, question: str | None) -> None:
    due_at = NOW + timedelta(days=2)
    resumed = DeadlineResumed(
        **WHAT, target="answer", entity="works", reason="limit", question_id=question, due_at=due_at
    )
    after = take(state, resumed).state
    ends = state is State.AWAITING_CITIZEN and question != "q0"
    assert after.state is (State.ACKNOWLEDGED if ends else state)
    assert after.due is not None
    assert after.due.at == after.list_at == due_at


@pytest.mark.parametrize("state", [state for state in STORED if state is not State.EXPECTED])
def test_what_was_received_is_not_assigned_again(state: State) -> None:
    decision = take(state, received())
    assert (decision.state.state, list(decision.events)) == (state, [])


def test_every_row_leads_between_known_states_and_every_open_one_can_end() -> None:
    assert set(TRANSITIONS) == set(Move)
    for state in OPEN:
        ends = {target(state, move) for move in (Move.ANSWER, Move.DECLINE, Move.DISMISS, Move.REJECT)}
        assert ends & {State.ANSWERED, State.DECLINED, State.CLOSED, State.REJECTED}
        assert target(state, Move.WITHDRAW) is State.WITHDRAWN
    for state in (State.WITHDRAWN, State.REJECTED, State.IMPLEMENTED):
        assert [move for move in Move if target(state, move)] == []
    from_merged = {move for move in Move if target(State.MERGED, move)}
    assert from_merged == WITH_ANOTHER | {Move.LINK, Move.UNMERGE, Move.WITHDRAW}
    assert [move for move in Move if target(State.DECLINED, move)] == [Move.WITHDRAW], "they may cross"


@pytest.mark.parametrize("state", STORED)
def test_an_internal_note_moves_nothing_and_is_told_to_nobody(state: State) -> None:
    before = an_assignment(state)
    if target(state, Move.NOTE) is None:
        with pytest.raises(NotPossible):
            work.note(A_SUBMISSION, before, "They come on Sunday.", (), "officer.works", NOW)
        return
    decision = work.note(A_SUBMISSION, before, "They come on Sunday.", (), "officer.works", NOW)
    assert (decision.state.state, decision.state.question, list(decision.events)) == (state, before.question, [])
    assert decision.state.history[-1].why == "They come on Sunday."


def test_a_note_tells_those_whom_it_mentions_that_it_is_there_and_nobody_what_it_says() -> None:
    mentions = ("officer.works", "supervisor.works")
    decision = work.note(A_SUBMISSION, an_assignment(), "She calls every day.", mentions, "officer.works", NOW)
    event: Any = decision.events[0].data
    assert event.officials == ("supervisor.works",), "nobody is told of the own note"
    assert "calls" not in event.model_dump_json()
    assert decision.state.history[-1].mentions == mentions


def test_an_appeal_that_is_upheld_begins_the_entitys_part_anew() -> None:
    after = COMMANDS[Move.UPHOLD](an_assignment(State.APPEALED)).state
    assert [(part.entity, part.until) for part in after.custodians] == [("works", NOW), ("works", None)]
