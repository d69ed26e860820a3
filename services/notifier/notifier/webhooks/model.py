"""Webhooks: whose endpoint is told of which events, in what form, and when an endpoint is given up. Pure.

An entity hears what concerns it, a partner what is published. Neither hears anything personal: ids, states and times,
never a word that somebody wrote.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict
from shared.events.deadlines import DeadlineEvent
from shared.events.fields import due_at_of, entity_of, from_entity_of
from shared.events.model import EventData, Language, SubmissionEvent

from notifier.cases.model import Case, Fact
from notifier.notifications.model import TOO_OLD

OFFERED: Mapping[str, str] = {
    "SubmissionAssigned": "submission.assigned",
    "SubmissionTransferred": "submission.transferred",
    "AssignmentAcknowledged": "submission.acknowledged",
    "InformationRequested": "submission.question_asked",
    "InformationAdded": "submission.information_added",
    "SubmissionAnswered": "submission.answered",
    "SubmissionDeclined": "submission.declined",
    "SubmissionWithdrawn": "submission.withdrawn",
    "SubmissionReopened": "submission.reopened",
    "SubmissionClosed": "submission.closed",
    "SubmissionPublished": "submission.published",
    "SubmissionHidden": "submission.hidden",
    "AppealFiled": "appeal.filed",
    "AppealDecided": "appeal.decided",
    "DeadlineSet": "deadline.set",
    "DeadlineMoved": "deadline.moved",
    "DeadlineApproaching": "deadline.approaching",
    "DeadlineBreached": "deadline.breached",
    "DeadlineEscalated": "deadline.escalated",
}
"""The webhook events that can be subscribed to, by the domain event."""

FOR_PARTNERS = frozenset(
    {
        "submission.published",
        "submission.hidden",
        "submission.answered",
        "submission.declined",
        "submission.reopened",
        "submission.closed",
    }
)
"""Fields of published submissions that are public anyway."""

TEST = "webhook.test"

SECRET_OVERLAP = timedelta(hours=24)
"""After a rotation both secrets sign for so long."""

TRIES_KEPT = 20


class Partner(BaseModel):
    """Somebody outside government, admitted by an administrator. `subject` is whom they sign in as."""

    model_config = ConfigDict(frozen=True)

    name: str
    subject: str
    language: Language = "ar"


class Secret(BaseModel):
    """`sealed` under the contact keys; it signs until `ends_at`."""

    model_config = ConfigDict(frozen=True)

    id: str
    sealed: str
    made_at: datetime
    ends_at: datetime | None = None


class Paused(BaseModel):
    """`dead`: by ourselves, as nothing was taken any more; otherwise by its owner."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    dead: bool
    reason: str | None = None


class Endpoint(BaseModel):
    """An endpoint of either an entity or a partner. A removed one keeps only its id and no secret."""

    model_config = ConfigDict(frozen=True)

    url: str
    description: str = ""
    events: tuple[str, ...]
    entity: str | None = None
    partner: Partner | None = None
    secrets: tuple[Secret, ...] = ()
    paused: Paused | None = None
    made_at: datetime
    made_by: str
    replayed_at: datetime | None = None
    removed_at: datetime | None = None

    def signing(self, now: datetime) -> list[Secret]:
        """The secrets that sign now, the newest first."""
        return [each for each in reversed(self.secrets) if each.ends_at is None or each.ends_at > now]

    def rotated(self, new: Secret, now: datetime) -> "Endpoint":
        """The earlier secret signs beside the new one for a day; those before it are forgotten."""
        earlier = [
            each if each.ends_at else each.model_copy(update={"ends_at": now + SECRET_OVERLAP})
            for each in reversed(self.signing(now))
        ]
        return self.model_copy(update={"secrets": (*earlier[-1:], new)})

    def hears(self, type: str, concerned: frozenset[str], is_public: bool) -> bool:
        if self.removed_at is not None or type not in self.events:
            return False
        return self.entity in concerned if self.partner is None else is_public and type in FOR_PARTNERS


def allowed_events(is_partner: bool) -> frozenset[str]:
    return FOR_PARTNERS if is_partner else frozenset(OFFERED.values())


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    LEFT_OUT = "left-out"


class Try(BaseModel):
    """One attempt: the status that came back, or why none did. `milliseconds` until then."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    status: int | None = None
    reason: str | None = None
    milliseconds: int


class Delivery(BaseModel):
    """One event for one endpoint. `id` is its `webhook-id`; `body` is what is signed and sent, however often.

    Deliveries leave in the order of `planned_at`, which differs for all that is told of one submission.
    """

    model_config = ConfigDict(use_enum_values=True)

    id: str
    endpoint: str
    type: str
    submission_id: str | None = None
    body: str
    event_at: datetime
    planned_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    tries: tuple[Try, ...] = ()
    done_at: datetime | None = None


Subscriptions = Sequence[tuple[str, Endpoint]]
"""Ids and endpoints that may be told of something."""


def delivery_id(event_id: str, endpoint: str) -> str:
    """The same telling has the same id however often it is planned."""
    return str(uuid5(NAMESPACE_URL, f"tawasul:webhook:{event_id}:{endpoint}"))


SHORTEST_STEP = timedelta(milliseconds=1)
"""Which the database can tell apart."""


def planned(
    facts: Iterable[Fact], case: Case, submission_id: str, subscriptions: Subscriptions, now: datetime
) -> list[Delivery]:
    """Plan the deliveries of facts. `case` is the state after them; old facts are not delivered."""
    found: list[Delivery] = []
    if not subscriptions or case.silent or case.reference is None:
        return found
    planned_at = max(now, case.webhooks_until + SHORTEST_STEP) if case.webhooks_until else now
    for fact in facts:
        type = OFFERED.get(fact.type)
        if type is None or now - fact.time > TOO_OLD:
            continue
        concerned = _concerned(fact.data, case)
        is_public = case.published or fact.type == "SubmissionHidden"
        hearing = [id for id, endpoint in subscriptions if endpoint.hears(type, concerned, is_public)]
        if not hearing:
            continue
        body = _body(type, fact, case, submission_id)
        found += [
            Delivery(
                id=delivery_id(fact.id, id),
                endpoint=id,
                type=type,
                submission_id=submission_id,
                body=body,
                event_at=fact.time,
                planned_at=planned_at,
            )
            for id in hearing
        ]
        planned_at += SHORTEST_STEP
    return found


def make_test_delivery(id: str, endpoint: str, now: datetime) -> Delivery:
    body = _written(TEST, now, {"message": "This is a test. · هذه رسالة تجريبية."})
    return Delivery(id=id, endpoint=endpoint, type=TEST, body=body, event_at=now, planned_at=now)


def _concerned(data: EventData, case: Case) -> frozenset[str]:
    """The entity that has it, and the one that it left by this."""
    named = (case.entity, entity_of(data), from_entity_of(data))
    return frozenset(entity for entity in named if entity)


def _state(data: EventData, case: Case) -> str | None:
    """A deadline event has the state of its clock, which says nothing of the submission's."""
    if isinstance(data, SubmissionEvent) and not isinstance(data, DeadlineEvent):
        return data.to_state
    return case.state


def _body(type: str, fact: Fact, case: Case, submission_id: str) -> str:
    data = fact.data
    due_at = due_at_of(data)
    known = {
        "submission_id": submission_id,
        "reference": case.reference,
        "kind": case.kind,
        "category": case.category,
        "entity": entity_of(data) or case.entity,
        "from_entity": from_entity_of(data),
        "state": _state(data, case),
        "due_at": _moment(due_at) if due_at else None,
    }
    return _written(type, fact.time, {name: value for name, value in known.items() if value is not None})


def _written(type: str, at: datetime, data: Mapping[str, Any]) -> str:
    whole = {"type": type, "timestamp": _moment(at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Verdict = Literal["taken", "again", "gone"]
"""`gone`: the endpoint itself says that it is no more."""


def verdict(status: int | None) -> Verdict:
    if status is not None and 200 <= status < 300:
        return "taken"
    return "gone" if status == 410 else "again"
