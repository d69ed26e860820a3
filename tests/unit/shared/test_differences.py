"""A consumer finds what it lacks by the owners' statements and by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st
from shared.events.statements import PublishedEvent, StatedSubmission
from shared.events.topics import SUBMISSIONS
from shared.reconciliation.differences import EVENT, MOST_OF_ONE, Gaps, Lack, Rule, difference_id

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SUBMISSION = str(uuid4())

sequences = st.integers(min_value=0, max_value=MOST_OF_ONE)


def stated(sequence: int, **more: Any) -> StatedSubmission:
    return StatedSubmission(submission_id=SUBMISSION, sequence=sequence, **more)


def kept(last: int) -> dict[str, Any]:
    return {"_id": SUBMISSION, "seen": {"submissions": last}}


def always_lacking(document: dict[str, Any], entry: StatedSubmission, read_at: datetime) -> Iterator[Lack]:
    yield Lack("clock")


RULE = Rule(SUBMISSIONS, "clocks")


@given(taken=sequences, published=sequences)
def test_what_is_lacking_is_exactly_what_was_published_and_not_taken(taken: int, published: int) -> None:
    lacking = RULE.lacks(kept(taken), stated(published), NOW)
    assert [lack.sequence for lack in lacking] == list(range(taken + 1, published + 1))
    assert {lack.kind for lack in lacking} <= {EVENT}


@given(published=st.integers(min_value=1, max_value=10_000))
def test_of_a_submission_that_is_not_there_every_event_is_lacking_up_to_a_number(published: int) -> None:
    lacking = RULE.lacks(None, stated(published), NOW)
    assert [lack.sequence for lack in lacking] == list(range(1, min(published, MOST_OF_ONE) + 1))


def test_what_should_follow_is_judged_once_all_events_were_taken() -> None:
    rule = Rule(SUBMISSIONS, "clocks", effects=always_lacking)
    assert rule.lacks(kept(1), stated(2), NOW) == [Lack(EVENT, 2)]
    assert rule.lacks(kept(2), stated(2), NOW) == [Lack("clock")]


def test_nothing_is_lacking_of_what_does_not_concern_the_consumer_or_of_what_it_never_had() -> None:
    of_no_parts = Rule(SUBMISSIONS, "clocks", concerns=lambda entry: not entry.is_part)
    assert of_no_parts.lacks(None, stated(2, is_part=True), NOW) == []
    assert Rule(SUBMISSIONS, "clocks", of_known=True).lacks(None, stated(2), NOW) == []


@given(order=st.permutations(range(1, 8)))
def test_in_whatever_order_events_come_no_gap_is_left_once_all_are_there(order: list[int]) -> None:
    gaps, last, open_ = Gaps(), 0, set[str]()
    for sequence in order:
        if sequence > last + 1:
            gaps.miss(SUBMISSIONS, SUBMISSION, range(last + 1, sequence))
        if sequence > last:
            last = sequence
        else:
            gaps.fill(SUBMISSIONS, SUBMISSION, sequence)
        open_ = (open_ | gaps.missed.keys()) - gaps.filled
        seen = set(order[: order.index(sequence) + 1])
        assert open_ == {
            difference_id(SUBMISSIONS, SUBMISSION, Lack(EVENT, each)) for each in range(1, last) if each not in seen
        }
    assert not open_


def test_a_statement_says_ids_numbers_and_times_alone() -> None:
    event = PublishedEvent(id=str(uuid4()), type="SubmissionReceived", sequence=1)
    said = stated(1, events=(event,)).model_dump()
    assert said.keys() == {"submission_id", "sequence", "is_open", "is_part", "received_at", "events"}
    assert said["events"][0].keys() == {"id", "type", "sequence"}
