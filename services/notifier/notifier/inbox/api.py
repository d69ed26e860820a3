"""The inbox of whoever is signed in, or has opened the secret link of a submission."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, JsonValue
from shared.events.model import WrittenMoment
from shared.http.auth import CurrentSession
from shared.http.commands import parse_key
from shared.http.event_stream import Seen, answered, stream
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.storage.cursors import Cursor, read_cursor, write_cursor
from starlette.responses import Response

from notifier.inbox.http import InboxReader
from notifier.inbox.model import Reader, name_of, place_of
from notifier.inbox.store import InboxItems
from notifier.notifications.model import Notification
from notifier.rendering.templates import Messages

router = APIRouter(tags=["notifier"], dependencies=WAYS_TO_SIGN_IN)

LONGEST_CURSOR = 200
ItemId = Annotated[str, Path(max_length=100)]

_ITEM: dict[str, JsonValue] = {
    "id": "8a4e3f9e-31f1-5a52-9f0f-5b0f8ad0c6b1",
    "submission_id": "5e1c9b5e-7a35-4b6e-9a3c-0a0c5bd5a001",
    "reference": "C-26-7KQ2M9",
    "about": "SubmissionAssigned",
    "template": "assigned-to-you",
    "language": "en",
    "title": "A new complaint for your entity",
    "text": "A complaint has been assigned to Ministry of Works. Please acknowledge it and answer in time.",
    "place": "/desk/C-26-7KQ2M9",
    "created_at": "2026-11-24T09:12:33.120Z",
    "read_at": None,
}


class InboxItem(BaseModel):
    """`place` is where what it tells about is seen, under this origin."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    id: str
    submission_id: str
    reference: str
    about: str
    template: str
    language: str
    title: str
    text: str
    place: str
    created_at: datetime
    read_at: datetime | None


class InboxPage(BaseModel):
    """The newest first. `unread` counts all unread items, up to 1,000; `version` is for `seen` of its events."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_ITEM], "next_cursor": None, "unread": 1, "version": 468_823_244_800_001}]
        }
    )

    items: list[InboxItem]
    next_cursor: str | None
    unread: int
    version: int


class MarkAll(BaseModel):
    """`until`: what came later stays unread, as the reader has not seen it; without it nothing does."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"until": "2026-11-24T09:12:33.120Z"}]})

    until: WrittenMoment | None = None


class Marked(BaseModel):
    """How many were marked, and how many are unread now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"marked": 3, "unread": 0}]})

    marked: int
    unread: int


def _messages(request: Request) -> Messages:
    messages: Messages = request.app.state.messages
    return messages


def _inbox(request: Request) -> InboxItems:
    inbox: InboxItems = request.app.state.inbox
    return inbox


InboxStore = Annotated[InboxItems, Depends(_inbox)]
MessagesUsed = Annotated[Messages, Depends(_messages)]


@router.get("/inbox", summary="My inbox", responses=refusals(401, 422, 503))
async def read_inbox(
    reader: InboxReader,
    inbox: InboxStore,
    messages: MessagesUsed,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> InboxPage:
    return await page_of(reader, inbox, messages, cursor, limit)


@router.get(
    "/inbox/events",
    summary="Live: an event whenever my inbox changed (server-sent events)",
    response_class=Response,
    responses={**answered("inbox"), **refusals(401, 422, 429, 503)},
)
async def listen(request: Request, reader: InboxReader, session: CurrentSession, seen: Seen = 0) -> Response:
    """Something was told, or read in another window. It holds nothing but numbers."""
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


async def page_of(reader: Reader, inbox: InboxItems, messages: Messages, cursor: str | None, limit: int) -> InboxPage:
    """Raises Problem 422 for what is no cursor."""
    looked = await inbox.look(reader, read_cursor(cursor), limit + 1)
    shown = looked.items[:limit]
    return InboxPage(
        items=[item_of(notification, messages) for notification in shown],
        next_cursor=write_cursor((shown[-1].created_at, shown[-1].id)) if len(looked.items) > limit else None,
        unread=await inbox.unread(reader),
        version=looked.version,
    )


def item_of(notification: Notification, messages: Messages) -> InboxItem:
    brief = messages.brief(notification.template, notification.language, notification.params)
    return InboxItem(
        id=notification.id,
        submission_id=notification.submission_id,
        reference=name_of(notification),
        about=notification.about,
        template=notification.template,
        language=notification.language,
        title=brief.title,
        text=brief.text,
        place=place_of(notification),
        created_at=notification.created_at,
        read_at=notification.read_at,
    )
