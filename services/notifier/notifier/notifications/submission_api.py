"""The notifications about a submission, for the central office."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from shared.events.model import Role, SubmissionId
from shared.http.auth import Caller, require
from shared.http.openapi import refusals

from notifier.notifications.model import Channel, State
from notifier.notifications.store import Notifications

router = APIRouter(tags=["notifier"])

MOST_OF_A_SUBMISSION = 500


class ToldEarlier(BaseModel):
    channel: Channel
    reason: str | None
    attempts: int
    at: datetime


class ToldItem(BaseModel):
    """A notification to an audience and its state; never its address. `earlier`: attempts by other channels.

    `told_in`: the id of the combined message that contains it and determines its outcome.
    """

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
                    "earlier": [],
                    "held_until": None,
                    "held_for": None,
                    "told_in": None,
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
    earlier: list[ToldEarlier] = []
    held_until: datetime | None = None
    held_for: str | None = None
    told_in: str | None = None
    created_at: datetime
    changed_at: datetime


class ToldPage(BaseModel):
    items: list[ToldItem]
    next_cursor: str | None = None


def _notifications(request: Request) -> Notifications:
    notifications: Notifications = request.app.state.notifications
    return notifications


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
