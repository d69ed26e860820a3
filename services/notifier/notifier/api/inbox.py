"""The inbox of whoever is signed in, and what was told about a submission."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, JsonValue
from shared.auth import Caller, SignedIn, require
from shared.clock import utc_now
from shared.commands import parse_key
from shared.cursors import read_cursor, write_cursor
from shared.events.model import Role, SubmissionId
from shared.openapi import ONCE, refusals
from shared.problems import not_found

from notifier.domain.notifications import Channel, Notification, State
from notifier.rendering import Messages
from notifier.repository import InboxItems, Notifications

router = APIRouter(tags=["notifier"])

MOST_OF_A_SUBMISSION = 500

_ITEM: dict[str, JsonValue] = {
    "id": "8a4e3f9e-31f1-5a52-9f0f-5b0f8ad0c6b1",
    "submission_id": "5e1c9b5e-7a35-4b6e-9a3c-0a0c5bd5a001",
    "reference": "C-26-7KQ2M9",
    "about": "SubmissionAssigned",
    "template": "assigned-to-you",
    "language": "en",
    "title": "A new complaint for your entity",
    "text": "A complaint has been assigned to Ministry of Works. Please acknowledge it and answer in time.",
    "created_at": "2026-11-24T09:12:33.120Z",
    "read_at": None,
}


class InboxItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    id: str
    submission_id: str
    reference: str
    about: str
    template: str
    language: str
    title: str
    text: str
    created_at: datetime
    read_at: datetime | None


class InboxPage(BaseModel):
    """The newest first. `unread` counts all unread items, up to 1,000."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ITEM], "next_cursor": None, "unread": 1}]})

    items: list[InboxItem]
    next_cursor: str | None
    unread: int


class ToldItem(BaseModel):
    """What was told to an audience and how far it came; never to which address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "8a4e3f9e-31f1-5a52-9f0f-5b0f8ad0c6b1",
                    "about": "SubmissionReceived",
                    "audience": "author",
                    "channel": "mail",
                    "template": "received",
                    "language": "ar",
                    "state": "sent",
                    "reason": None,
                    "attempts": 1,
                    "provider": None,
                    "parts": None,
                    "created_at": "2026-11-24T09:12:33.120Z",
                    "changed_at": "2026-11-24T09:12:33.180Z",
                }
            ]
        }
    )

    id: str
    about: str
    audience: str
    channel: Channel
    template: str
    language: str
    state: State
    reason: str | None
    attempts: int
    provider: str | None = None
    parts: int | None = None
    created_at: datetime
    changed_at: datetime


class ToldPage(BaseModel):
    items: list[ToldItem]
    next_cursor: str | None = None


def _messages(request: Request) -> Messages:
    messages: Messages = request.app.state.messages
    return messages


def _inbox(request: Request) -> InboxItems:
    inbox: InboxItems = request.app.state.inbox
    return inbox


def _notifications(request: Request) -> Notifications:
    notifications: Notifications = request.app.state.notifications
    return notifications


InboxStore = Annotated[InboxItems, Depends(_inbox)]
MessagesUsed = Annotated[Messages, Depends(_messages)]


@router.get("/inbox", summary="My inbox", responses=refusals(401, 422, 503))
async def read_inbox(
    caller: SignedIn,
    inbox: InboxStore,
    messages: MessagesUsed,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> InboxPage:
    found = await inbox.page(caller.subject, read_cursor(cursor), limit + 1)
    shown = found[:limit]
    return InboxPage(
        items=[_item(notification, messages) for notification in shown],
        next_cursor=write_cursor((shown[-1].created_at, shown[-1].id)) if len(found) > limit else None,
        unread=await inbox.unread(caller.subject),
    )


@router.post(
    "/inbox/{id}/read",
    summary="Mark an item of my inbox as read",
    responses=refusals(401, 404, 422, 503),
    openapi_extra=ONCE,
)
async def mark_read(
    id: str, caller: SignedIn, inbox: InboxStore, messages: MessagesUsed, request: Request
) -> InboxItem:
    """Marking it again changes nothing: the first reading counts."""
    parse_key(request.headers.get("idempotency-key"))
    notification = await inbox.mark_read(id, caller.subject, utc_now())
    if notification is None:
        raise not_found()
    return _item(notification, messages)


@router.get(
    "/submissions/{id}/notifications",
    summary="What was told about a submission",
    responses=refusals(401, 403, 422, 503),
)
async def told(
    id: SubmissionId,
    caller: Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))],
    notifications: Annotated[Notifications, Depends(_notifications)],
) -> ToldPage:
    found = await notifications.of_submission(id, MOST_OF_A_SUBMISSION)
    return ToldPage(items=[ToldItem.model_validate(each, from_attributes=True) for each in found])


def _item(notification: Notification, messages: Messages) -> InboxItem:
    brief = messages.brief(notification.template, notification.language, notification.params)
    return InboxItem(
        id=notification.id,
        submission_id=notification.submission_id,
        reference=notification.params["reference"],
        about=notification.about,
        template=notification.template,
        language=notification.language,
        title=brief.title,
        text=brief.text,
        created_at=notification.created_at,
        read_at=notification.read_at,
    )
