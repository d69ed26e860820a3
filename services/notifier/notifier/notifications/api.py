"""What is told and how far it came, for the central office and administrators: never to which address."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import Problem, not_found
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.cursors import Cursor, read_cursor, write_cursor

from notifier import metrics
from notifier.inbox.model import name_of
from notifier.notifications.commands import DeliveryCommands, NotPossible, can_be_resent, is_waiting
from notifier.notifications.model import Lane, Notification, State, Step
from notifier.notifications.monitor_store import Filter, Monitor

router = APIRouter(prefix="/deliveries", tags=["notifier"])

Outward = Annotated[str, Field(max_length=20)]
Word = Annotated[str | None, Query(max_length=100, pattern=r"^[\w.-]*$")]
DeliveryId = Annotated[str, Path(max_length=100)]
What = Literal["resend", "cancel"]
LONGEST_PERIOD_HOURS = 24 * 31

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
    can: list[What]


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
    """Of what was planned since then. `is_whole` is false where there is more, and the newest 50,000 were counted."""

    since: datetime
    is_whole: bool
    counts: list[Counted]


class Why(BaseModel):
    """It stays in the history, and is about the message: no names, no addresses."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"why": "The author asked for it."}]}
    )

    why: str = Field(min_length=3, max_length=500)


def not_possible() -> Problem:
    return Problem(
        409,
        "not-possible-now",
        "This is not possible with this message now: it is on its way, is through, or what it told is forgotten.",
        "لا يمكن ذلك مع هذه الرسالة الآن: فهي في طريقها، أو أُرسلت، أو نُسي ما كانت تقوله.",
    )


def _monitor(request: Request) -> Monitor:
    monitor: Monitor = request.app.state.monitor
    return monitor


TheMonitor = Annotated[Monitor, Depends(_monitor)]
Office = Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))]


def asked_for(
    state: State | None = None,
    channel: Annotated[Literal["mail", "sms", "push"] | None, Query()] = None,
    lane: Annotated[Lane | None, Query()] = None,
    provider: Word = None,
    template: Word = None,
    submission: Word = None,
) -> Filter:
    return Filter(state.value if state else None, channel, lane, provider, template, submission)


Asked = Annotated[Filter, Depends(asked_for)]


@router.get("/counts", summary="How many messages are in which state", responses=refusals(401, 403, 422, 503))
async def counts(
    caller: Office, monitor: TheMonitor, hours: Annotated[int, Query(ge=1, le=LONGEST_PERIOD_HOURS)] = 24
) -> Counts:
    since = utc_now() - timedelta(hours=hours)
    found, is_whole = await monitor.counts(since)
    return Counts(
        since=since,
        is_whole=is_whole,
        counts=[Counted.model_validate(each, from_attributes=True) for each in found],
    )


@router.get("", summary="Messages, the newest first", responses=refusals(401, 403, 422, 503))
async def deliveries(
    caller: Office,
    monitor: TheMonitor,
    asked: Asked,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> DeliveryPage:
    return await page_of(monitor, asked, cursor, limit)


@router.get("/{id}", summary="One message and its history", responses=refusals(401, 403, 404, 422, 503))
async def one(id: DeliveryId, caller: Office, monitor: TheMonitor) -> OneDelivery:
    return shown_whole(await found(monitor, id))


@router.post(
    "/{id}/resend",
    summary="Send a message again",
    responses=refusals(401, 403, 404, 409, 422, 503),
    openapi_extra=ONCE,
)
async def resend(id: DeliveryId, sent: JsonBody[Why], request: Request, caller: Office) -> OneDelivery:
    """As a message of its own, whose history begins anew. What stops messages stops it as well."""
    return await intervene(request, caller, "resend", id, sent.why, await read_command_key(request, caller.subject))


@router.post(
    "/{id}/cancel",
    summary="Keep a message from going out",
    responses=refusals(401, 403, 404, 409, 422, 503),
    openapi_extra=ONCE,
)
async def cancel(id: DeliveryId, sent: JsonBody[Why], request: Request, caller: Office) -> OneDelivery:
    """As long as nobody hands it over."""
    return await intervene(request, caller, "cancel", id, sent.why, await read_command_key(request, caller.subject))


async def intervene(
    request: Request, caller: Caller, what: What, id: str, why: str, key: CommandKey | None
) -> OneDelivery:
    """Raises Problem 404, 409, 503. Audited before it is done: the trail may name one that failed, and misses none."""
    monitor: Monitor = request.app.state.monitor
    original = await found(monitor, id)
    right = "central" if caller.has(Role.CENTRAL) else "administrator"
    await audit_of(request).record(request, caller, what, "notification", [id], f"{right}: {why}")
    intervening = DeliveryCommands(monitor)
    command = intervening.resend if what == "resend" else intervening.cancel
    try:
        done = await command(original, caller.subject, why, key, utc_now())
    except NotPossible as error:
        raise not_possible() from error
    metrics.INTERVENTIONS.labels(what).inc()
    return shown_whole(done)


async def found(monitor: Monitor, id: str) -> Notification:
    notification = await monitor.one(id)
    if notification is None:
        raise not_found()
    return notification


async def page_of(monitor: Monitor, asked: Filter, cursor: str | None, limit: int) -> DeliveryPage:
    there = await monitor.page(asked, read_cursor(cursor), limit + 1)
    listed = there[:limit]
    more = len(there) > limit
    return DeliveryPage(
        items=[Delivery.model_validate(_shown(each)) for each in listed],
        next_cursor=write_cursor((listed[-1].created_at, listed[-1].id)) if more else None,
    )


def shown_whole(notification: Notification) -> OneDelivery:
    steps = [step.model_dump() for step in notification.history]
    return OneDelivery.model_validate(_shown(notification) | {"history": steps})


def _shown(notification: Notification) -> dict[str, object]:
    can: list[str] = ["resend"] if can_be_resent(notification) else []
    can += ["cancel"] if is_waiting(notification) else []
    known = notification.model_dump(exclude={"params", "history", "recipient"})
    return known | {"reference": name_of(notification), "can": can}
