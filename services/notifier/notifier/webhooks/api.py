"""Webhooks of entities and partners: their endpoints, secrets and delivery logs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from shared.http.auth import SignedIn
from shared.http.commands import IfMatch, cause_of_request, read_command_key
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.privacy.audit import AuditTrail

from notifier.webhooks.commands import CommandContext
from notifier.webhooks.http import Commands, as_problems, check_test_limit
from notifier.webhooks.model import DeliveryState
from notifier.webhooks.views import (
    Change,
    DeliveryShown,
    EndpointPage,
    EndpointShown,
    Register,
    Replay,
    Replayed,
    Resume,
    WebhookDeliveryPage,
    delivery_shown,
    read_endpoint,
    read_endpoints,
    read_log,
)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


async def read_context(request: Request, caller: SignedIn, audit: AuditTrail) -> CommandContext:
    key = await read_command_key(request, caller.subject)
    return CommandContext(caller, key, cause_of_request(), audit)


Context = Annotated[CommandContext, Depends(read_context)]
SEEN = refusals(401, 403, 404, 422, 503)
CHANGED = refusals(401, 403, 404, 409, 422, 503)


@router.get("", summary="The endpoints that I look after", responses=refusals(401, 422, 503))
async def read_webhooks(caller: SignedIn, webhooks: Commands) -> EndpointPage:
    return EndpointPage(items=await read_endpoints(webhooks, caller))


@router.post(
    "", status_code=201, summary="Register an endpoint", responses=refusals(401, 403, 409, 422, 503), openapi_extra=ONCE
)
async def register_webhook(sent: JsonBody[Register], webhooks: Commands, context: Context) -> EndpointShown:
    """The answer contains the secret, which is shown only this once."""
    with as_problems():
        registered = await webhooks.register(sent.registration(), context)
    return await read_endpoint(webhooks, registered, with_secret=True)


@router.get("/{id}", summary="An endpoint", responses=SEEN)
async def read_webhook(id: UUID, caller: SignedIn, webhooks: Commands, response: Response) -> EndpointShown:
    with as_problems():
        found = await webhooks.find(str(id), caller)
    shown = await read_endpoint(webhooks, found)
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


@router.put(
    "/{id}",
    summary="Change address and events of an endpoint",
    responses=refusals(401, 403, 404, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def change_webhook(
    id: UUID, sent: JsonBody[Change], webhooks: Commands, context: Context, seen: IfMatch
) -> EndpointShown:
    events = tuple(dict.fromkeys(sent.events))
    with as_problems():
        changed = await webhooks.change(str(id), sent.url, events, sent.description, seen, context)
    return await read_endpoint(webhooks, changed)


@router.delete("/{id}", status_code=204, summary="Remove an endpoint", responses=CHANGED, openapi_extra=ONCE)
async def remove_webhook(id: UUID, webhooks: Commands, context: Context) -> Response:
    with as_problems():
        await webhooks.remove(str(id), context)
    return Response(status_code=204)


@router.post("/{id}/secret", summary="A new secret", responses=CHANGED, openapi_extra=ONCE)
async def rotate_secret(id: UUID, webhooks: Commands, context: Context) -> EndpointShown:
    """The answer contains it, only this once. The earlier secret signs beside it for 24 hours."""
    with as_problems():
        changed = await webhooks.rotate(str(id), context)
    return await read_endpoint(webhooks, changed, with_secret=True)


@router.post("/{id}/pause", summary="Send nothing for now", responses=CHANGED, openapi_extra=ONCE)
async def pause_webhook(id: UUID, webhooks: Commands, context: Context) -> EndpointShown:
    """Events that happen during the pause wait for thirty days."""
    with as_problems():
        changed = await webhooks.pause(str(id), context)
    return await read_endpoint(webhooks, changed)


@router.post("/{id}/resume", summary="Send again", responses=CHANGED, openapi_extra=ONCE)
async def resume_webhook(id: UUID, sent: JsonBody[Resume], webhooks: Commands, context: Context) -> EndpointShown:
    with as_problems():
        changed = await webhooks.resume(str(id), sent.leave_out, context)
    return await read_endpoint(webhooks, changed)


@router.post("/{id}/test", summary="Send a test now", responses=SEEN, openapi_extra=ONCE)
async def test_webhook(id: UUID, request: Request, webhooks: Commands, context: Context) -> DeliveryShown:
    """Sent even while the endpoint is paused. The answer contains the result."""
    check_test_limit(request, context.caller)
    with as_problems():
        return delivery_shown(await webhooks.test(str(id), context.caller, context.key))


@router.post("/{id}/replay", summary="Send the events of a period again", responses=CHANGED, openapi_extra=ONCE)
async def replay_webhook(id: UUID, sent: JsonBody[Replay], webhooks: Commands, context: Context) -> Replayed:
    """Deliveries that were sent or left out are sent again under the same ids; at most 10,000, the oldest first."""
    with as_problems():
        return Replayed(again=await webhooks.replay(str(id), sent.since, sent.until, context))


@router.get("/{id}/deliveries", summary="What was sent to an endpoint", responses=SEEN)
async def read_deliveries(
    id: UUID,
    caller: SignedIn,
    webhooks: Commands,
    state: DeliveryState | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> WebhookDeliveryPage:
    with as_problems():
        return await read_log(webhooks, str(id), caller, state, cursor, limit)
