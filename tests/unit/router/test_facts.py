"""Stories of facts, as a batch brings them: in order, each seeing what the one before it decided."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from router.cases.life import State
from router.cases.model import Assignment
from router.casework import decisions as work
from router.consumers import HANDLERS, EventContext
from router.directory.snapshot import Directory
from shared.events.deadlines import DeadlineMoved, DeadlineSet, DeadlineUnknown
from shared.events.envelope import caused_by, kafka_headers, read_event
from shared.events.model import EventData
from shared.events.submissions import InformationAdded, PersonErased, SubmissionReopened, SubmissionWithdrawn
from shared.events.topics import ASSIGNMENTS
from shared.messaging.consumer import RetryLater
from shared.storage.aggregates import StoredAggregate

from tests.support.router import (
    A_SUBMISSION,
    EAST,
    NOW,
    a_country,
    a_directory,
    an_assignment,
    an_event,
    received,
)

WHAT: dict[str, Any] = {"submission_id": A_SUBMISSION, "from_state": "x", "to_state": "y"}
CLOCK: dict[str, Any] = {"submission_id": A_SUBMISSION, "to_state": "running", "target": "answer", "entity": "works"}
POLICY: dict[str, Any] = {"policy": "p", "policy_version": 1, "calendar": "c", "calendar_version": 1}


def after(
    *facts: EventData, begin: Assignment | None = None, directory: Callable[[], Directory] = a_directory
) -> StoredAggregate[Assignment]:
    """The aggregate as one batch with these facts leaves it."""
    aggregate = StoredAggregate(A_SUBMISSION, state=begin)
    for sequence, data in enumerate(facts, start=1):
        event = an_event(data, sequence, NOW + timedelta(seconds=sequence))
        decision = HANDLERS[type(data)](aggregate.state, event, EventContext(directory), event.time)
        if decision is not None:
            aggregate.apply(decision, "/tawasul/router", event.time, caused_by(event))
    return aggregate


def published(aggregate: StoredAggregate[Assignment]) -> list[Any]:
    events = [
        read_event(ASSIGNMENTS, entry["key"].encode(), entry["value"], kafka_headers(entry))
        for entry in aggregate.entries
    ]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    return [event.data for event in events]


def state_of(aggregate: StoredAggregate[Assignment]) -> Assignment:
    assert aggregate.state is not None
    return aggregate.state


def types(events: Sequence[Any]) -> list[str]:
    return [event.type for event in events]


def test_a_received_submission_is_assigned_with_the_reason_and_the_words() -> None:
    aggregate = after(received())
    [event] = published(aggregate)
    assert (event.type, event.from_state, event.to_state) == ("SubmissionAssigned", None, "assigned")
    assert (event.entity, event.category, event.priority) == ("works", "roads.pothole", "high")
    assert (event.decided_by, event.rule, event.words, event.directory_version) == ("rule", "potholes", ("pothole",), 1)
    assert event.reason == "Rule “Potholes”: the text mentions “pothole”."
    assert [custodian.entity for custodian in state_of(aggregate).custodians] == ["works"]


def test_what_no_rule_knows_goes_to_the_central_office() -> None:
    [event] = published(after(received(text="?!")))
    assert (event.type, event.entity, event.to_state) == ("TriageRequested", "central-office", "in_triage")


def test_two_facts_of_one_submission_in_one_batch_see_each_other() -> None:
    aggregate = after(received(), SubmissionWithdrawn(**WHAT, reason="Solved."))
    assert state_of(aggregate).state is State.WITHDRAWN
    assert types(published(aggregate)) == ["SubmissionAssigned"]


def test_an_early_fact_makes_a_shell_that_is_filled_and_assigned_once() -> None:
    due_at = NOW + timedelta(days=1)
    early = DeadlineSet(**CLOCK, due_at=due_at, **POLICY)
    shell = after(early, InformationAdded(**WHAT, text="And also."))
    assert (state_of(shell).state, state_of(shell).submission) == (State.EXPECTED, None)
    assert published(shell) == []
    whole = after(early, InformationAdded(**WHAT, text="And also."), received(), received())
    assert types(published(whole)) == ["SubmissionAssigned"]
    state = state_of(whole)
    assert (state.state, state.list_at) == (State.ASSIGNED, due_at)
    assert [entry.what for entry in state.history] == ["InformationAdded", "SubmissionAssigned", "SubmissionReceived"]


def test_what_was_withdrawn_before_it_came_is_filled_and_stays_withdrawn() -> None:
    aggregate = after(SubmissionWithdrawn(**WHAT), received())
    state = state_of(aggregate)
    assert state.state is State.WITHDRAWN
    assert state.submission is not None
    assert published(aggregate) == []


def test_a_reopened_submission_returns_to_its_entity_by_way_of_reopened() -> None:
    aggregate = after(
        SubmissionReopened(**WHAT, reason="It is back."), begin=an_assignment(State.CLOSED, category="roads.pothole")
    )
    [event] = published(aggregate)
    assert (event.entity, event.category, event.rule, event.decided_by) == (
        "works",
        "roads.pothole",
        "reopened",
        "rule",
    )
    moves = [(entry.from_state, entry.to_state, entry.why) for entry in state_of(aggregate).history]
    assert moves == [("closed", "reopened", "It is back."), ("reopened", "assigned", "Its author reopened it.")]
    first, second = state_of(aggregate).custodians
    assert (first.until, second.entity, second.until) == (second.since, "works", None)


def test_a_reopened_submission_whose_entity_is_gone_goes_to_triage() -> None:
    country = a_country()
    without = a_country(
        entities=[entity for entity in country["entities"] if entity["id"] != "ewa"],
        categories=country["categories"][:2],
        rules=country["rules"][:2] + country["rules"][-1:],
    )
    aggregate = after(
        SubmissionReopened(**WHAT, reason="Dark again."),
        begin=an_assignment(State.ANSWERED, entity="ewa"),
        directory=lambda: a_directory(2, **without),
    )
    [event] = published(aggregate)
    assert (event.type, event.from_state, event.entity) == ("TriageRequested", "reopened", "central-office")


def test_only_the_answer_to_the_open_question_resumes() -> None:
    asked = an_assignment(State.AWAITING_CITIZEN)
    other = after(
        InformationAdded(**WHAT, text="Hello?"), InformationAdded(**WHAT, text="x", answers="q0"), begin=asked
    )
    assert state_of(other).state is State.AWAITING_CITIZEN
    right = after(InformationAdded(**WHAT, text="Block 338.", answers="q1"), begin=asked)
    assert (state_of(right).state, state_of(right).question) == (State.ACKNOWLEDGED, None)


def test_a_moved_deadline_moves_the_place_in_the_list() -> None:
    first, later = NOW + timedelta(days=1), NOW + timedelta(days=3)
    aggregate = after(
        received(),
        DeadlineSet(**CLOCK, due_at=first, **POLICY, windows=((NOW, first),)),
        DeadlineMoved(**CLOCK, due_at=later, reason="transferred"),
    )
    assert state_of(aggregate).list_at == later
    assert types(published(aggregate)) == ["SubmissionAssigned"]


def test_a_deadline_that_cannot_be_computed_is_none_until_it_is_told_again() -> None:
    due = NOW + timedelta(days=3)
    told = DeadlineMoved(**CLOCK, due_at=due, reason="assigned")
    unknown = after(received(), told, DeadlineUnknown(**CLOCK, since=NOW))
    assert (state_of(unknown).due, state_of(unknown).due_unknown_since) == (None, NOW)
    received_at = state_of(unknown).submission
    assert received_at is not None
    assert state_of(unknown).list_at == received_at.received_at
    again = after(received(), told, DeadlineUnknown(**CLOCK, since=NOW), told)
    assert (state_of(again).list_at, state_of(again).due_unknown_since) == (due, None)


def test_an_erased_person_leaves_what_happened_and_no_word() -> None:
    asked = work.ask(A_SUBMISSION, an_assignment(), "q2", "Where do you live?", "officer.works", NOW).state
    state = state_of(after(PersonErased(submission_id=A_SUBMISSION), begin=asked))
    assert "live" not in state.model_dump_json()
    assert "house" not in state.model_dump_json()
    assert [entry.what for entry in state.history] == ["InformationRequested"]


def test_the_place_decides_where_the_catalogue_goes_by_area() -> None:
    chosen: dict[str, Any] = {"text": "?", "category": "rubbish"}
    [east] = published(after(received(**chosen, location={"lat": EAST[1], "lon": EAST[0]})))
    [block] = published(after(received(**chosen, location={"block": "150"})))
    [nowhere] = published(after(received(**chosen)))
    assert (east.entity, block.entity) == ("east-municipality", "west-municipality")
    assert (nowhere.type, nowhere.reason) == (
        "TriageRequested",
        "Who answers for “Rubbish” depends on the place, and the place is not known.",
    )


def test_without_a_directory_a_submission_waits_and_other_facts_do_not() -> None:
    def none_yet() -> Directory:
        raise RetryLater

    with pytest.raises(RetryLater):
        after(received(), directory=none_yet)
    assert after(DeadlineSet(**CLOCK, due_at=NOW, **POLICY), directory=none_yet).changed


def test_a_stored_assignment_reads_back_as_it_was_written() -> None:
    aggregate = after(
        received(location={"block": "150"}), DeadlineSet(**CLOCK, due_at=NOW, **POLICY, windows=((NOW, NOW),))
    )
    assert Assignment.model_validate(state_of(aggregate).model_dump()) == state_of(aggregate)
