"""Whole generated lives: what a citizen sends, every field filled, what officials do, and time, through all four."""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shared.events.model import Kind, Location
from shared.events.submissions import SubmissionReceived
from shared.events.topics import Topic
from shared.storage.aggregates import Document

from tests.support.events.agreement import STATINGS, differences, missing, published_on
from tests.support.events.generated import events, limits_of
from tests.support.events.lives import ACTIONS, Life, Lost, nothing_is_lost

IS_THOROUGH = bool(os.environ.get("TAWASUL_TEST_THOROUGH"))
A_SUBMISSION = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"
COMMON = {"submission_id": A_SUBMISSION, "from_state": None, "to_state": "received"}
PASSES = "time passes"

RECEIVED = dict(limits_of(SubmissionReceived, COMMON))
COMPLAINT = RECEIVED["every field"].model_copy(update={"kind": Kind.COMPLAINT, "category": "roads.pothole"})
SUGGESTION = COMPLAINT.model_copy(update={"kind": Kind.SUGGESTION})

Steps = list[tuple[str, str]]

TEXTS = st.sampled_from(["شكراً", "It is dark again.", "👷\u200f ٤٥ B", "x" * 4_000, "ش" * 4_000])
STEPS = st.lists(st.tuples(st.sampled_from([*ACTIONS, PASSES]), TEXTS), min_size=3, max_size=12)


def _lived(received: SubmissionReceived, steps: Steps, lost: Lost = nothing_is_lost) -> Life:
    life = Life(received, lost=lost)
    for _ in _moments(life, steps):
        pass
    return life


def _moments(life: Life, steps: Steps) -> Iterator[str]:
    """What was done last, each time when nobody has anything more to say of it."""
    life.begin()
    yield "receipt"
    for action, text in steps:
        if action == PASSES:
            life.time_passes(timedelta(days=20))
        else:
            life.act(action, text)
        yield action


def _steps(*names: str) -> Steps:
    return [(name, "نص text") for name in names]


TO_THE_END = (
    *(
        "acknowledge",
        "ask",
        "confirm",
        "add",
        "attach",
        "interim",
        "prioritise",
        "confide",
        "note",
        "charge",
        "answer",
        "rate",
    ),
    *("reopen", "propose", "send back", "propose", "approve", "appeal", "dismiss", PASSES, "erase"),
)


@settings(
    max_examples=300 if IS_THOROUGH else 15,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=not IS_THOROUGH,
)
@given(events(SubmissionReceived, *COMMON.items()), STEPS)
@example(COMPLAINT, _steps(*TO_THE_END))
@example(COMPLAINT, _steps("transfer", "ask", PASSES, "answer", PASSES, "close"))
@example(COMPLAINT, _steps(PASSES, "answer", "reopen", "answer", "appeal", "uphold", "answer"))
@example(SUGGESTION, _steps("acknowledge", "evaluate", "accept", "implement", "rate"))
@example(RECEIVED["every field at its longest"], _steps("acknowledge", "decline", "withdraw"))
def test_no_service_sets_aside_what_another_really_publishes_and_all_are_of_one_mind_of_it(
    received: SubmissionReceived, steps: Steps
) -> None:
    life = Life(received)
    for done in _moments(life, steps):
        assert (life.faults, differences(life)) == ([], []), f"after {done}"


def test_a_life_reaches_what_it_is_to_reach() -> None:
    """Or the test above would be content with refusals."""
    said = {entry["type"] for entry in _lived(COMPLAINT, _steps(*TO_THE_END)).published}
    assert {"SubmissionAssigned", "DeadlineSet", "DeadlinePaused", "DeadlineResumed", "NotificationSent"} <= said
    assert {
        "AuthorConfirmed",
        "AppealDecided",
        "SubmissionReopened",
        "AnswerSentBack",
        "SubmissionRated",
        "PersonErased",
    } <= said
    late = {entry["type"] for entry in _lived(COMPLAINT, _steps(PASSES)).published}
    assert {"DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"} <= late
    taken_up = {entry["type"] for entry in _lived(SUGGESTION, _steps("evaluate", "accept", "implement")).published}
    assert {"SuggestionDecided", "SuggestionImplemented"} <= taken_up


WORDS = "these are somebody's own words"
SAID = ("add", "attach", "ask", "add", "acknowledge", "interim", "answer", "rate", "reopen", "propose")


def _holding(life: Life, words: str) -> set[str]:
    """The services in whose stores these words stand."""
    return {
        name
        for name, service in life.services.items()
        for documents in service.database.kept().values()
        for document in documents.values()
        if words.encode() in document
    }


def test_no_service_keeps_a_word_of_who_was_erased() -> None:
    theirs = {
        "text": WORDS,
        "location": Location(block="312", address=WORDS),
        "author": WORDS,
        "answers": {"size": WORDS},
    }
    life = _lived(COMPLAINT.model_copy(update=theirs), [(action, WORDS) for action in SAID])
    assert {"intake", "router", "notifier"} <= _holding(life, WORDS)
    life.act("erase", WORDS)
    assert _holding(life, WORDS) == set()
    assert differences(life) == []


READ = [
    (service, STATINGS[owner].facts)
    for service, owners in {
        "intake": ("router", "sla-monitor"),
        "router": ("intake", "sla-monitor"),
        "sla-monitor": ("intake", "router"),
        "notifier": ("intake", "router", "sla-monitor"),
    }.items()
    for owner in owners
]
WITH_MUCH_TO_LOSE = _steps("acknowledge", "ask", "add", "attach", "answer", "rate", "reopen", "transfer", PASSES)


@cache
def _whole() -> Life:
    return _lived(COMPLAINT, WITH_MUCH_TO_LOSE)


@pytest.mark.parametrize("place", [0, 1, -2, -1], ids=["the first", "the second", "the last but one", "the last"])
@pytest.mark.parametrize(("service", "topic"), READ, ids=lambda each: each if isinstance(each, str) else each.stream)
def test_whichever_event_does_not_come_its_reader_finds_that_it_is_missing(
    service: str, topic: Topic, place: int
) -> None:
    sequence = published_on(_whole(), topic.name)[place]["sequence"]

    def lost(reader: str, entry: Document) -> bool:
        return (reader, entry["topic"], entry["sequence"]) == (service, topic.name, sequence)

    life = _lived(COMPLAINT, WITH_MUCH_TO_LOSE, lost)
    assert f"{service} lacks event {sequence} of {topic.name}" in missing(life)
