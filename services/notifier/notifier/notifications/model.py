"""One thing told to one recipient by one channel, and the states it goes through (named as GOV.UK Notify does)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Kind

from notifier.preferences.model import Matter


class State(StrEnum):
    CREATED = "created"
    SENDING = "sending"
    WITHHELD = "withheld"
    HELD = "held"
    SENT = "sent"
    DELIVERED = "delivered"
    TEMPORARY_FAILURE = "temporary-failure"
    PERMANENT_FAILURE = "permanent-failure"
    TECHNICAL_FAILURE = "technical-failure"
    CANCELLED = "cancelled"


_BETTER_RECEIPTS = (State.TECHNICAL_FAILURE, State.PERMANENT_FAILURE, State.DELIVERED)
"""A receipt that says more may come after one that said less."""

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.CREATED: frozenset({State.SENDING, State.CANCELLED}),
    State.SENDING: frozenset(
        {
            State.SENDING,  # its lease ran out and another took it
            State.CREATED,  # given back untried: no contact yet, or no server to hand it to
            State.WITHHELD,  # nobody has confirmed yet that the address is theirs
            State.HELD,  # not now: quiet hours
            State.SENT,
            State.TEMPORARY_FAILURE,
            State.PERMANENT_FAILURE,
            State.TECHNICAL_FAILURE,
            State.CANCELLED,
        }
    ),
    State.WITHHELD: frozenset({State.SENDING, State.CREATED, State.CANCELLED}),
    # where it is told in another one, what became of that became of it
    State.HELD: frozenset(
        {State.CREATED, State.SENT, State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE, State.CANCELLED}
    ),
    State.TEMPORARY_FAILURE: frozenset({State.SENDING, State.CANCELLED, *_BETTER_RECEIPTS}),
    # what receipts say of what a provider has taken (domain/receipts.py)
    State.SENT: frozenset({State.DELIVERED, State.TEMPORARY_FAILURE, State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE}),
    State.DELIVERED: frozenset(),
    State.PERMANENT_FAILURE: frozenset({State.DELIVERED}),
    State.TECHNICAL_FAILURE: frozenset({State.PERMANENT_FAILURE, State.DELIVERED}),
    State.CANCELLED: frozenset({State.SENT}),  # it was on its way already
}

UNFINISHED = (State.CREATED, State.SENDING, State.WITHHELD, State.HELD, State.TEMPORARY_FAILURE)

TOO_OLD = timedelta(hours=24)
"""Nobody is notified of older events, so a replay or rebuild sends nothing."""

Channel = Literal["mail", "sms", "push", "inbox"]

WEBHOOK_OWNER = "webhook-owner"
"""The audience of what is told about an endpoint; its notifications have the endpoint's id for a submission's."""
OF_AN_ENTITY = "entity-head"
"""The audience of what is told about a whole entity; for a submission's id there is one made from the event's key."""

Lane = Literal["urgent", "normal", "bulk"]
"""The priority of a notification: urgent ones have their own senders; bulk ones are sent when nothing else is due."""

RecipientKind = Literal["contact", "subject", "submission", "official", "entity", "device"]
"""`contact`: the author's sealed contact; `subject`: a signed-in person; `submission`: whoever has its secret link,
where its author has not signed in; `official` and `entity` stand in the directory; `device`: a browser that is told
at once what came into the inbox of one of these."""

ERASED = "erased"
"""Instead of a recipient who was erased."""


class Params(BaseModel):
    """The values for a template. Names are in the recipient's language; `text` is erased when the message was sent."""

    model_config = ConfigDict(frozen=True, use_enum_values=True)

    reference: str
    kind: Kind
    category: str | None = None
    entity: str | None = None
    from_entity: str | None = None
    text: str | None = None
    due_at: datetime | None = None
    expected_at: datetime | None = None
    ids: dict[str, str] = Field(
        default={}, description="of what is named here, for a recipient who reads another language"
    )


class EarlierAttempt(BaseModel):
    """A channel that it was to go by before, and why it does not; `attempts` were made there."""

    model_config = ConfigDict(frozen=True)

    channel: Channel
    reason: str | None = None
    attempts: int = 0
    at: datetime


class Step(BaseModel):
    """A step in the history of a notification. `by` and `why`: the author and reason of a command."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    at: datetime
    state: str
    reason: str | None = None
    provider: str | None = None
    by: str | None = None
    why: str | None = None


STEPS_KEPT = 50
"""The newest: in a long outage a notification is given back again and again."""


class Notification(BaseModel):
    """Holds no address: mail looks it up in the sealed contact or the directory when it sends."""

    model_config = ConfigDict(use_enum_values=True)

    id: str
    submission_id: str = Field(description="empty for a digest, which is about many")
    event_id: str
    about: str
    correlation_id: str
    traceparent: str | None = Field(default=None, description="W3C, where its trace is sampled")
    audience: str
    recipient_kind: RecipientKind
    recipient: str
    channel: Channel
    lane: Lane = "normal"
    otherwise: Literal["sms"] | None = Field(
        default=None, description="by which channel, where the planned one cannot reach the recipient"
    )
    template: str
    language: str
    params: dict[str, Any]
    mandatory: bool = Field(default=False, description="told also to who has unsubscribed")
    matter: Matter | None = Field(default=None, description="what its recipient may choose about such messages")
    person: str | None = Field(
        default=None, description="whose choices hold besides those of the address: who signed in"
    )
    state: State = State.CREATED
    reason: str | None = None
    attempts: int = 0
    earlier: tuple[EarlierAttempt, ...] = Field(default=(), description="the channels before this one")
    event_at: datetime
    created_at: datetime
    changed_at: datetime
    next_at: datetime | None = Field(default=None, description="when a dispatcher may take it; absent when final")
    claimed_by: str | None = None
    waiting_for: str | None = Field(default=None, description="key of the contact that has not arrived")
    released_at: datetime | None = Field(
        default=None, description="when it was let go: its address was confirmed, or the time it was held for was over"
    )
    held_until: datetime | None = None
    members: tuple[str, ...] = Field(default=(), description="ids of those that it tells together")
    told_in: str | None = Field(default=None, description="id of the one that tells it together with others")
    held_for: str | None = Field(default=None, description="why it was held, the last time")
    over_in: tuple[str, ...] = Field(
        default=(), description="states of its submission in which it says nothing any more"
    )
    in_charge: str | None = Field(default=None, description="who had the submission when it was planned")
    sent_at: datetime | None = None
    provider: str | None = Field(default=None, description="who took it, where there are several")
    parts: int | None = None
    alphabet: str | None = None
    cost: float | None = None
    read_at: datetime | None = None
    history: tuple[Step, ...] = ()
    resend_of: str | None = Field(default=None, description="the one that was sent again as this one")

    @property
    def concerns_a_submission(self) -> bool:
        """Only what became of such a notification is published. A digest concerns many."""
        return self.audience not in (WEBHOOK_OWNER, OF_AN_ENTITY) and self.submission_id != ""

    def planned_again(self, id: str, now: datetime, **changed: Any) -> "Notification":
        """The same telling as a new one: at the beginning of its life, and due now."""
        born = {name: type(self).model_fields[name].default for name in OF_ITS_LIFE}
        due = {"id": id, "state": State.CREATED.value, "created_at": now, "changed_at": now, "released_at": now}
        return self.model_copy(update={**born, **due, "next_at": now, **changed})


OF_ITS_LIFE = (
    *("reason", "attempts", "earlier", "claimed_by", "waiting_for", "held_until", "held_for", "members", "told_in"),
    *("sent_at", "provider", "parts", "alphabet", "cost", "read_at", "history", "resend_of"),
)
"""The fields that are not planned but set later."""


def notification_id(event_id: str, recipient: str, channel: str, template: str) -> str:
    """The same telling has the same id however often it is planned."""
    return str(uuid5(NAMESPACE_URL, f"tawasul:{event_id}:{recipient}:{channel}:{template}"))
