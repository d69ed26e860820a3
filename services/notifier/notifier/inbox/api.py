"""The inbox of the signed-in person, or of a reader who has opened the secret link of a submission."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.http.auth import CurrentSession
from shared.http.commands import parse_key
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import not_found
from shared.live.event_stream import Seen, answered, stream
from shared.reference.working_time import utc_now
from starlette.responses import Response

from notifier.inbox.http import InboxReader, InboxStore, ItemId, MessagesUsed
from notifier.inbox.views import InboxItem, InboxPage, MarkAll, Marked, item_of, read_page

router = APIRouter(tags=["notifier"], dependencies=WAYS_TO_SIGN_IN)


@router.get("/inbox", summary="My inbox", responses=refusals(401, 422, 503))
async def read_inbox(
    reader: InboxReader,
    inbox: InboxStore,
    messages: MessagesUsed,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> InboxPage:
    return await read_page(reader, inbox, messages, cursor, limit)


@router.get(
    "/inbox/events",
    summary="Live: an event whenever my inbox changed (server-sent events)",
    response_class=Response,
    responses={**answered("inbox"), **refusals(401, 422, 429, 503)},
)
async def listen(request: Request, reader: InboxReader, session: CurrentSession, seen: Seen = 0) -> Response:
    """An event follows each new item and each item read in another window. It holds nothing but numbers."""
    return stream(request, reader.ids, session, reader.ids[0], seen)


@router.post(
    "/inbox/read", summary="Mark my whole inbox as read", responses=refusals(401, 422, 503), openapi_extra=ONCE
)
async def mark_all_read(asked: JsonBody[MarkAll], reader: InboxReader, inbox: InboxStore, request: Request) -> Marked:
    """Marking it again changes nothing."""
    parse_key(request.headers.get("idempotency-key"))
    now = utc_now()
    marked = await inbox.mark_all_read(reader, min(asked.until or now, now), now)
    return Marked(marked=marked, unread=await inbox.unread(reader))


@router.post(
    "/inbox/{id}/read",
    summary="Mark an item of my inbox as read",
    responses=refusals(401, 404, 422, 503),
    openapi_extra=ONCE,
)
async def mark_read(
    id: ItemId, reader: InboxReader, inbox: InboxStore, messages: MessagesUsed, request: Request
) -> InboxItem:
    """Marking it again changes nothing: the first reading counts."""
    parse_key(request.headers.get("idempotency-key"))
    notification = await inbox.mark_read(id, reader, utc_now())
    if notification is None:
        raise not_found()
    return item_of(notification, messages)
