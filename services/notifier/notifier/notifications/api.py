"""The monitor of deliveries, for the central office and administrators."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import read_command_key
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.privacy.audit import AuditTrail
from shared.reference.working_time import utc_now

from notifier.notifications.http import Commands, DeliveryId, TheMonitor, as_problems
from notifier.notifications.model import Lane, State
from notifier.notifications.monitor_store import Filter
from notifier.notifications.views import Counted, Counts, DeliveryPage, OneDelivery, Why, read_page, with_history

router = APIRouter(prefix="/deliveries", tags=["notifier"])

Word = Annotated[str | None, Query(max_length=100, pattern=r"^[\w.-]*$")]
LONGEST_PERIOD_HOURS = 24 * 31
Office = Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))]


def read_filters(
    state: State | None = None,
    channel: Annotated[Literal["mail", "sms", "push"] | None, Query()] = None,
    lane: Annotated[Lane | None, Query()] = None,
    provider: Word = None,
    template: Word = None,
    submission: Word = None,
) -> Filter:
    return Filter(state.value if state else None, channel, lane, provider, template, submission)


Filters = Annotated[Filter, Depends(read_filters)]


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
    filters: Filters,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> DeliveryPage:
    return await read_page(monitor, filters, cursor, limit)


@router.get("/{id}", summary="One message and its history", responses=refusals(401, 403, 404, 422, 503))
async def one(id: DeliveryId, caller: Office, commands: Commands) -> OneDelivery:
    with as_problems():
        return with_history(await commands.find(id))


@router.post(
    "/{id}/resend",
    summary="Send a message again",
    responses=refusals(401, 403, 404, 409, 422, 503),
    openapi_extra=ONCE,
)
async def resend(
    id: DeliveryId, sent: JsonBody[Why], request: Request, caller: Office, commands: Commands, audit: AuditTrail
) -> OneDelivery:
    """Send it as a new message with a history of its own. Whatever stops messages stops this one too."""
    key = await read_command_key(request, caller.subject)
    with as_problems():
        return with_history(await commands.resend(id, caller, sent.why, key, audit))


@router.post(
    "/{id}/cancel",
    summary="Keep a message from going out",
    responses=refusals(401, 403, 404, 409, 422, 503),
    openapi_extra=ONCE,
)
async def cancel(
    id: DeliveryId, sent: JsonBody[Why], request: Request, caller: Office, commands: Commands, audit: AuditTrail
) -> OneDelivery:
    """Possible until the message is being handed over."""
    key = await read_command_key(request, caller.subject)
    with as_problems():
        return with_history(await commands.cancel(id, caller, sent.why, key, audit))
