"""Endpoints for the abuse list and what it holds, for the central office and administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from shared.http.commands import IfMatch, read_command_key
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from intake.abuse.dependencies import Desk, Held
from intake.abuse.http_models import DecisionSent, EntrySent, HeldPage, HeldShown, WatchedShown
from intake.http.bodies import BoundedRoute
from intake.publication.api import DECIDED, MOST_AT_ONCE

router = APIRouter(route_class=BoundedRoute, prefix="/moderation", tags=["moderation"])


@router.get("/abuse-list", summary="What holds a submission", responses=refusals(401, 403, 422, 503))
async def read_list(desk: Desk, response: Response) -> WatchedShown:
    current, version = await desk.lists.current()
    response.headers["ETag"] = f'"{version}"'
    return WatchedShown(entries=current.entries)


@router.post("/abuse-list", summary="Watch for something", responses=DECIDED, openapi_extra=ONCE)
async def add_entry(request: Request, desk: Desk, sent: JsonBody[EntrySent], seen: IfMatch) -> WatchedShown:
    """Returns the list after the change. An entry that is on it already is not added twice."""
    key = await read_command_key(request, desk.caller.subject)
    return WatchedShown.model_validate(await desk.add_entry(sent, key, seen))


@router.delete("/abuse-list/{id}", summary="Watch for it no more", responses=DECIDED, openapi_extra=ONCE)
async def remove_entry(
    request: Request, id: Annotated[str, Path(max_length=64)], desk: Desk, seen: IfMatch
) -> WatchedShown:
    key = await read_command_key(request, desk.caller.subject)
    return WatchedShown.model_validate(await desk.remove_entry(id, key, seen))


@router.get("/held", summary="What waits for a person's decision", responses=refusals(401, 403, 422, 503))
async def list_held(
    desk: Desk, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50
) -> HeldPage:
    """The oldest first."""
    return await desk.held(cursor, limit)


@router.post("/held/{reference}/release", summary="Let it go on", responses=DECIDED, openapi_extra=ONCE)
async def release(request: Request, desk: Desk, held: Held, sent: JsonBody[DecisionSent], seen: IfMatch) -> HeldShown:
    key = await read_command_key(request, desk.caller.subject)
    return HeldShown.model_validate(await desk.decide(held, "release", sent.reason, key, seen))


@router.post("/held/{reference}/reject", summary="End it here, with the reason", responses=DECIDED, openapi_extra=ONCE)
async def reject(request: Request, desk: Desk, held: Held, sent: JsonBody[DecisionSent], seen: IfMatch) -> HeldShown:
    key = await read_command_key(request, desk.caller.subject)
    return HeldShown.model_validate(await desk.decide(held, "reject", sent.reason, key, seen))
