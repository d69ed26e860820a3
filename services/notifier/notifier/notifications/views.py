"""Deliveries as the API and the pages show them: the message and how far it came, never its address."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from shared.http.cursors import read_cursor
from shared.storage.cursors import write_cursor

from notifier.inbox.model import name_of
from notifier.notifications.commands import can_be_resent, is_waiting
from notifier.notifications.model import Lane, Notification, State, Step
from notifier.notifications.monitor_store import Filter, Monitor

Outward = Annotated[str, Field(max_length=20)]
Intervention = Literal["resend", "cancel"]

_DELIVERY: dict[str, JsonValue] = {
    "id": "8a4e3f9e-31f1-5a52-9f0f-5b0f8ad0c6b1",
    "submission_id": "5e1c9b5e-7a35-4b6e-9a3c-0a0c5bd5a001",
    "reference": "7K3MX-QPA42",
    "about": "SubmissionReceived",
    "audience": "author",
    "channel": "mail",
    "lane": "urgent",
    "template": "received",
    "language": "ar",
    "state": "sent",
    "reason": None,
    "provider": None,
    "attempts": 1,
    "created_at": "2026-11-24T09:12:33.120Z",
    "changed_at": "2026-11-24T09:12:33.180Z",
    "next_at": None,
    "resend_of": None,
    "can": ["resend"],
}


class Delivery(BaseModel):
    """`can`: what may be done with it now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    id: str
    submission_id: str
    reference: str
    about: str
    audience: str
    channel: Outward
    lane: Lane
    template: str
    language: str
    state: State
    reason: str | None
    provider: str | None
    attempts: int
    created_at: datetime
    changed_at: datetime
    next_at: datetime | None
    resend_of: str | None
    can: list[Intervention]


class DeliveryStep(Step):
    """One step; `by` and `why` where the office did it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"at": "2026-11-24T09:12:33.180Z", "state": "sent", "reason": None}]}
    )


class OneDelivery(Delivery):
    """With its history, the oldest step first; of very many the newest."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY | {"history": []}]})

    history: list[DeliveryStep]


class DeliveryPage(BaseModel):
    items: list[Delivery]
    next_cursor: str | None


class Counted(BaseModel):
    channel: Outward
    lane: Lane
    state: State
    provider: str | None
    count: int
    oldest: datetime


class Counts(BaseModel):
    """Counts of the messages planned since then. `is_whole` is false if only the newest 50,000 were counted."""

    since: datetime
    is_whole: bool
    counts: list[Counted]


class Why(BaseModel):
    """It stays in the history, and is about the message: no names, no addresses."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"why": "The author asked for it."}]}
    )

    why: str = Field(min_length=3, max_length=500)


async def read_page(monitor: Monitor, filters: Filter, cursor: str | None, limit: int) -> DeliveryPage:
    """Raises Problem 422 for an unreadable cursor."""
    found = await monitor.page(filters, read_cursor(cursor), limit + 1)
    shown = found[:limit]
    has_more = len(found) > limit
    return DeliveryPage(
        items=[Delivery.model_validate(_fields(each)) for each in shown],
        next_cursor=write_cursor((shown[-1].created_at, shown[-1].id)) if has_more else None,
    )


def with_history(notification: Notification) -> OneDelivery:
    steps = [step.model_dump() for step in notification.history]
    return OneDelivery.model_validate(_fields(notification) | {"history": steps})


def _fields(notification: Notification) -> dict[str, object]:
    possible: list[str] = ["resend"] if can_be_resent(notification) else []
    possible += ["cancel"] if is_waiting(notification) else []
    public = notification.model_dump(exclude={"params", "history", "recipient"})
    return public | {"reference": name_of(notification), "can": possible}
