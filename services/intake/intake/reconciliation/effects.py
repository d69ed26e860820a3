"""Intake's statements about its submissions, and the rules that compare them with the other services' statements."""

from collections.abc import Iterator
from datetime import datetime

from shared.events.assignments import ConfidentialityChanged, SubCaseConfided
from shared.events.statements import StatedSubmission, SubmissionsStated
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS
from shared.reconciliation.differences import Lack, Rule
from shared.reconciliation.statements import Stating
from shared.storage.aggregates import Document

from intake.submissions.life import UNDER_WAY, Status
from intake.submissions.store import COLLECTION
from intake.timeline.commands import FACTS_OF_OTHERS

COUNTED = UNDER_WAY - {Status.APPEALED}
"""While a clock is expected: it runs or is paused; during an appeal the clock of the answer has stopped."""

WITH_AN_ENTRY = frozenset(
    model.model_fields["type"].default
    for model in FACTS_OF_OTHERS
    if not issubclass(model, ConfidentialityChanged | SubCaseConfided)
)


def is_counted(document: Document) -> bool:
    return document["state"].get("status") in COUNTED


def entries_of(document: Document, stated: StatedSubmission, read_at: datetime) -> Iterator[Lack]:
    """Each assignment event has its entry in the timeline."""
    there = {entry["id"] for entry in document["state"].get("timeline", ())}
    for event in stated.events:
        if event.type in WITH_AN_ENTRY and event.id not in there:
            yield Lack("timeline", event.sequence)


STATING = Stating(
    COLLECTION,
    SUBMISSIONS,
    SubmissionsStated,
    ["state.status"],
    is_open=is_counted,
    reference="state.reference",
    received_at="state.received_at",
)
RULES = (
    Rule(
        ASSIGNMENTS, COLLECTION, ["state.timeline.id"], effects=entries_of, concerns=lambda stated: not stated.is_part
    ),
    # Sub-cases have their own clocks and messages, but no timeline in intake.
    Rule(DEADLINES, COLLECTION, of_known=True),
    Rule(NOTIFICATIONS, COLLECTION, of_known=True),
)
