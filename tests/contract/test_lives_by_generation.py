"""Whole generated lives: what a citizen sends, every field filled, what officials do, and time, through all four."""

import os
from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shared.events.model import Kind
from shared.events.submissions import SubmissionReceived

from tests.support.events.generated import events, limits_of
from tests.support.events.lives import ACTIONS, Life

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


def _lived(received: SubmissionReceived, steps: Steps) -> Life:
    life = Life(received)
    life.begin()
    for action, text in steps:
        if action == PASSES:
            life.time_passes(timedelta(days=20))
        else:
            life.act(action, text)
    return life


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
def test_no_service_sets_aside_what_another_really_publishes(received: SubmissionReceived, steps: Steps) -> None:
    life = _lived(received, steps)
    assert life.faults == []


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
