"""Inbox items as the API and the page show them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue
from shared.events.model import WrittenMoment
from shared.http.cursors import read_cursor
from shared.storage.cursors import write_cursor

from notifier.inbox.model import Reader, name_of, place_of
from notifier.inbox.store import InboxItems
from notifier.notifications.model import Notification
from notifier.rendering.templates import Messages

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


async def read_page(reader: Reader, inbox: InboxItems, messages: Messages, cursor: str | None, limit: int) -> InboxPage:
    """Raises Problem 422 for an unreadable cursor."""
    snapshot = await inbox.read_page(reader, read_cursor(cursor), limit + 1)
    shown = snapshot.items[:limit]
    return InboxPage(
        items=[item_of(notification, messages) for notification in shown],
        next_cursor=write_cursor((shown[-1].created_at, shown[-1].id)) if len(snapshot.items) > limit else None,
        unread=await inbox.unread(reader),
        version=snapshot.version,
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
