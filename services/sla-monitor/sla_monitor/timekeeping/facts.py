"""Extracts from an event what the clock needs: time, entity, official and a few fields. No free text, no citizen."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypedDict

from pydantic import BaseModel, ConfigDict
from shared.events import assignments, submissions
from shared.events.envelope import Event
from shared.events.fields import entity_of
from shared.events.model import Channel, EventData, Kind, Priority


class Fact(BaseModel):
    """One event of a submission. `source` and `sequence` place it; the rest is what clock and record need of it.

    `unconfirmed` is set on a receipt whose author no question reaches before AuthorConfirmed.
    `imported` is set where a submission came from another system, `score` is a rating's. `calendar` and `area` are what
    the directory said when it was taken. `official` is who worked on the case; `due`, of a history from elsewhere, is
    the due time that it brings. `officials` are those to whom the case is confided; none, to everybody.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    time: datetime
    source: str
    sequence: int
    type: str
    entity: str | None = None
    calendar: str | None = None
    kind: Kind | None = None
    category: str | None = None
    priority: Priority | None = None
    question: str | None = None
    decision: str | None = None
    imported: bool | None = None
    score: int | None = None
    area: str | None = None
    official: str | None = None
    due: datetime | None = None
    officials: tuple[str, ...] | None = None
    unconfirmed: bool | None = None


KEPT: tuple[type[EventData], ...] = (
    submissions.SubmissionReceived,
    assignments.SubCaseReceived,
    assignments.SubCaseTakenBack,
    submissions.InformationAdded,
    submissions.SubmissionWithdrawn,
    submissions.SubmissionReopened,
    submissions.SubmissionRated,
    submissions.SubmissionClosed,
    submissions.AuthorConfirmed,
    submissions.AppealFiled,
    assignments.TriageRequested,
    assignments.SubmissionAssigned,
    assignments.AssignmentAcknowledged,
    assignments.InformationRequested,
    assignments.InterimReplyGiven,
    assignments.SubmissionRecategorised,
    assignments.PriorityChanged,
    assignments.SubmissionTransferred,
    assignments.SubmissionAnswered,
    assignments.SubmissionDeclined,
    assignments.SuggestionDecided,
    assignments.SuggestionImplemented,
    assignments.SubmissionMerged,
    assignments.SubmissionUnmerged,
    assignments.AppealDecided,
    assignments.OfficialPutInCharge,
    assignments.ConfidentialityChanged,
)


RECEIPTS = ("SubmissionReceived", "SubCaseReceived")
"""The events that begin a clock: of a submission, or of a sub-case, which has a clock of its own under its own id."""

OF_ITS_OFFICIAL = (
    assignments.AssignmentAcknowledged,
    assignments.InformationRequested,
    assignments.InterimReplyGiven,
)
"""Events that show that the official has the case."""


def fact_of(event: Event) -> Fact | None:
    """Return the fact of an event; None where neither clock nor record needs it, as for a comment."""
    data: EventData = event.data
    if not isinstance(data, KEPT) or (isinstance(data, submissions.InformationAdded) and data.answers is None):
        return None
    time = data.received_at if isinstance(data, submissions.SubmissionReceived) else event.time
    return Fact(
        id=event.id,
        time=time.astimezone(UTC).replace(microsecond=time.microsecond // 1_000 * 1_000),  # what the database keeps
        source=event.topic.stream,
        sequence=event.sequence,
        type=event.type,
        entity=entity_of(data),
        official=_official(data),
        **_turns_on(data),
    )


def _official(data: object) -> str | None:
    if isinstance(data, assignments.OfficialPutInCharge):
        return data.in_charge
    return data.official if isinstance(data, OF_ITS_OFFICIAL) else None


class Words(TypedDict, total=False):
    """The fields of a fact that only some events have."""

    kind: Kind
    category: str | None
    priority: Priority
    question: str | None
    decision: str
    imported: bool | None
    score: int
    officials: tuple[str, ...]
    unconfirmed: bool | None


def _turns_on(data: EventData) -> Words:
    match data:
        case submissions.SubmissionReceived():
            return {
                "kind": data.kind,
                "category": data.category,
                "imported": data.channel is Channel.IMPORT or None,
                "unconfirmed": data.needs_confirmation or None,
            }
        case assignments.SubCaseReceived():
            return {"kind": data.kind, "category": data.category, "priority": data.priority}
        case assignments.SubmissionAssigned():
            return {"category": data.category, "priority": data.priority}
        case assignments.SubmissionRecategorised():
            return {"category": data.category}
        case assignments.PriorityChanged():
            return {"priority": data.priority}
        case assignments.InformationRequested():
            return {"question": data.question_id}
        case submissions.InformationAdded():
            return {"question": data.answers}
        case assignments.SuggestionDecided() | assignments.AppealDecided():
            return {"decision": data.decision}
        case assignments.ConfidentialityChanged():
            return {"officials": data.officials}
        case submissions.SubmissionRated():
            return {"score": data.score}
    return {}


def in_order(facts: Iterable[Fact]) -> list[tuple[datetime, Fact]]:
    """Return each fact once, with the time it counts from, by (time, source, sequence) after the receipt; nothing
    without a receipt.

    A source's own order is certain, clocks are not: where one stepped back, a fact counts from the time of the one
    before it, and nothing counts from before the receipt.
    """
    distinct = {fact.id: fact for fact in facts}.values()
    receipt = min((f for f in distinct if f.type in RECEIPTS), key=lambda f: f.sequence, default=None)
    if receipt is None:
        return []
    reached: dict[str, datetime] = {}
    others = []
    for fact in sorted(distinct, key=lambda fact: (fact.source, fact.sequence, fact.id)):
        if fact is not receipt:
            reached[fact.source] = max(fact.time, reached.get(fact.source, receipt.time))
            others.append((reached[fact.source], fact))
    others.sort(key=lambda pair: (pair[0], pair[1].source, pair[1].sequence, pair[1].id))
    return [(receipt.time, receipt), *others]
