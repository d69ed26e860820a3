"""The notifier's read model of a submission: just enough to know whom to tell, and what to call it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from shared.events import assignments, deadlines, submissions
from shared.events.contacts import contact_key
from shared.events.deadlines import DeadlineEvent
from shared.events.envelope import Event
from shared.events.model import Channel, EventData, Kind, SubmissionEvent


@dataclass(frozen=True, slots=True)
class Fact:
    """An event without its envelope."""

    id: str
    time: datetime
    correlation_id: str
    data: EventData
    traceparent: str | None = None

    @property
    def type(self) -> str:
        return str(self.data.type)


TOLD_TARGETS = ("answer", "triage")
"""The deadlines that matter to who has a case; the others are steps on the way."""


class EarlyFact(BaseModel):
    """A fact to be told later: because it came before its submission, or to many."""

    id: str
    time: datetime
    correlation_id: str
    data: dict[str, Any]
    traceparent: str | None = None


class Follower(BaseModel):
    """Somebody who follows somebody else's published submission, signed in or by mail.

    `contact` is the key of the address of who follows by mail; `subject` is then no person's, but the contact's id.
    """

    subject: str
    language: str = "ar"
    contact: str | None = None


class Case(BaseModel):
    """`reference` is absent in a shell: a case of which only later facts are known so far.

    `due_at` is when an answer is due, or an assignment where there is none yet; absent while the time rests.
    `contact` is the key of the author's contact on its topic, `author` the signed-in subject; either may be absent.
    `silent` cases were imported: nobody is told of them. `erased` ones have lost their author. `published` ones can be
    read by everybody; `first_published` is the id of the event by which they first could, `area` what the
    directory said when it came. `is_part`: a sub-case, which has officials and no author. `confided`: the officials who
    alone read it, with the head of the entity, where it is confidential. `in_charge`: the official of the entity who
    has it. `lies_in`: the area by which the router shows it to them.
    `untold`: why nobody was told of what came last, where there was nobody to tell.
    `webhooks_until` is the moment of the last delivery to an endpoint: what follows has a later one.
    """

    reference: str | None = None
    kind: Kind | None = None
    language: str = "ar"
    category: str | None = None
    entity: str | None = None
    state: str | None = None
    due_at: datetime | None = None
    contact: str | None = None
    author: str | None = None
    followers: tuple[Follower, ...] = ()
    silent: bool = False
    erased: bool = False
    published: bool = False
    is_part: bool = False
    confided: tuple[str, ...] = ()
    in_charge: str | None = None
    lies_in: str | None = None
    first_published: str | None = None
    area: str | None = None
    untold: str | None = None
    webhooks_until: datetime | None = None
    early: tuple[EarlyFact, ...] = ()


class FoldedCase(NamedTuple):
    """The case after a fact, and the facts that can be told now."""

    case: Case
    to_tell: tuple[Fact, ...]


def fact_of(event: Event) -> Fact:
    return Fact(event.id, event.time, event.correlation_id, event.data, event.traceparent)


def kept(fact: Fact) -> EarlyFact:
    return EarlyFact(
        id=fact.id,
        time=fact.time,
        correlation_id=fact.correlation_id,
        data=fact.data.model_dump(mode="json"),
        traceparent=fact.traceparent,
    )


def fact_again(kept: EarlyFact, event_types: Mapping[str, type[EventData]]) -> Fact:
    data = event_types[kept.data["type"]].model_validate(kept.data)
    return Fact(kept.id, kept.time, kept.correlation_id, data, kept.traceparent)


def fold(case: Case | None, fact: Fact, event_types: Mapping[str, type[EventData]]) -> FoldedCase:
    """`event_types` gives early facts, kept as JSON, their type back."""
    before = case or Case()
    after = before.model_copy(update=_changes(before, fact.data))
    if fact.type == "SubmissionPublished" and after.first_published is None:
        after = after.model_copy(update={"first_published": fact.id})
    if after.reference is None:
        if after.erased:
            return FoldedCase(after.model_copy(update={"early": ()}), ())
        return FoldedCase(after.model_copy(update={"early": (*after.early, kept(fact))}), ())
    waited = tuple(fact_again(each, event_types) for each in before.early)
    return FoldedCase(after.model_copy(update={"early": ()}), (fact, *waited))


def _changes(case: Case, data: EventData) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    match data:
        case submissions.SubmissionReceived():
            changes = _received(case, data)
        case assignments.SubCaseReceived():
            known = {"reference": data.reference, "kind": data.kind, "language": data.language, "entity": data.entity}
            stands = {"category": case.category or data.category, "state": case.state or data.to_state}
            changes = known | stands | {"is_part": True}
        case submissions.PersonErased():
            return {"author": None, "contact": None, "followers": (), "erased": True}
        case submissions.FollowerAdded() if not case.erased:
            contact = contact_key(data.submission_id, data.contact_id) if data.contact_id else None
            follower = Follower(subject=data.follower, language=data.language or "ar", contact=contact)
            changes = {"followers": (*_without(case, data.follower), follower)}
        case submissions.FollowerRemoved():
            changes = {"followers": _without(case, data.follower)}
        case submissions.SubmissionPublished():
            changes = {"published": True}
        case submissions.SubmissionHidden():
            changes = {"followers": (), "published": False}
        case assignments.SubmissionAssigned():
            changes = {"category": data.category or case.category, "lies_in": data.area or case.lies_in}
            changes |= _given_to(case, data.entity)
        case assignments.TriageRequested() | assignments.SubmissionTransferred():
            changes = _given_to(case, data.entity)
        case assignments.OfficialPutInCharge() if case.entity in (None, data.entity):
            changes = {"in_charge": data.in_charge}
        case assignments.ConfidentialityChanged():
            changes = {"confided": data.officials}
        case assignments.SubmissionRecategorised():
            changes = {"category": data.category}
        case DeadlineEvent() if data.target in TOLD_TARGETS:
            return _due(data)
    if isinstance(data, SubmissionEvent) and not isinstance(data, DeadlineEvent) and "state" not in changes:
        changes["state"] = data.to_state
    return changes


def _given_to(case: Case, entity: str) -> dict[str, Any]:
    """The changes for a new entity: the person in charge at the entity before is not in charge any more."""
    return {"entity": entity, "in_charge": case.in_charge if case.entity in (None, entity) else None}


def _due(data: DeadlineEvent) -> dict[str, Any]:
    match data:
        case deadlines.DeadlineSet() | deadlines.DeadlineMoved() | deadlines.DeadlineResumed():
            return {"due_at": data.due_at}
        case deadlines.DeadlinePaused() | deadlines.DeadlineMet() | deadlines.DeadlineUnknown():
            return {"due_at": None}
    return {}


def _without(case: Case, subject: str) -> tuple[Follower, ...]:
    return tuple(follower for follower in case.followers if follower.subject != subject)


def _received(case: Case, data: submissions.SubmissionReceived) -> dict[str, Any]:
    contact = f"{data.submission_id}/{data.contact_id}" if data.contact_expected and data.contact_id else None
    return {
        "reference": data.reference,
        "kind": data.kind,
        "language": data.language,
        "category": case.category or data.category,
        "state": case.state or data.to_state,
        "contact": None if case.erased else contact,
        "author": None if case.erased else data.author,
        "silent": data.channel is Channel.IMPORT,
    }
