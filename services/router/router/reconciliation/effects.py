"""Statements of the router about its cases, and the rules that compare them with those of other services."""

from collections.abc import Iterator
from datetime import datetime

from shared.events import topics
from shared.events.statements import AssignmentsStated, StatedSubmission
from shared.reconciliation.differences import Lack, Rule
from shared.reconciliation.statements import Stating
from shared.storage.aggregates import Document

from router.cases.life import OPEN, State
from router.cases.store import ASSIGNMENTS


def is_open(document: Document) -> bool:
    return document["state"].get("state") in OPEN


def is_part(document: Document) -> bool:
    return document["state"].get("parent") is not None


def assignment_of(document: Document, stated: StatedSubmission, read_at: datetime) -> Iterator[Lack]:
    """Each submission is with an entity or in triage, unless it was over before it came."""
    state = document["state"]
    is_nowhere = state.get("state") in (None, State.EXPECTED) or (is_open(document) and not state.get("entity"))
    if is_nowhere or not state.get("submission"):
        yield Lack("assignment")


STATING = Stating(
    ASSIGNMENTS,
    topics.ASSIGNMENTS,
    AssignmentsStated,
    ["state.state", "state.parent"],
    is_open=is_open,
    is_part=is_part,
    received_at="state.submission.received_at",
)
RULES = (
    Rule(
        topics.SUBMISSIONS,
        ASSIGNMENTS,
        ["state.state", "state.entity", "state.submission.reference"],
        effects=assignment_of,
    ),
    Rule(topics.DEADLINES, ASSIGNMENTS),
)
