"""Endpoints for moderators: the central office and administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from shared.http.commands import IfMatch
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from intake.http.bodies import BoundedRoute
from intake.publication.dependencies import Desk, ToModerate, reviewed_version
from intake.publication.http_models import (
    EditSent,
    HideSent,
    ModeratedPage,
    ModeratedShown,
    PublishSent,
    moderated_json,
)
from intake.publication.model import PublicationState
from intake.submissions.use_cases import state_of

router = APIRouter(route_class=BoundedRoute, prefix="/moderation", tags=["moderation"])

MOST_AT_ONCE = 100
DECIDED = refusals(401, 403, 404, 409, 412, 413, 422, 503)


@router.get("", summary="What waits for a moderator, or was decided", responses=refusals(401, 403, 422, 503))
async def read_queue(
    desk: Desk,
    state: PublicationState = PublicationState.AWAITING,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
) -> ModeratedPage:
    """Lists the oldest first."""
    return await desk.queue(state, cursor, limit)


@router.get("/{reference}", summary="One, with its history", responses=refusals(401, 403, 404, 422, 503))
async def read_one(submission: ToModerate, response: Response) -> ModeratedShown:
    response.headers["ETag"] = f'"{submission.version}"'
    return moderated_json(state_of(submission))


@router.post("/{reference}/publish", summary="Show it to the public", responses=DECIDED, openapi_extra=ONCE)
async def publish(
    request: Request, desk: Desk, submission: ToModerate, sent: JsonBody[PublishSent], seen: IfMatch
) -> ModeratedShown:
    answer = await desk.publish(submission, sent, await reviewed_version(request, desk, seen))
    return ModeratedShown.model_validate(answer)


@router.post("/{reference}/edit", summary="Change what the public reads", responses=DECIDED, openapi_extra=ONCE)
async def edit(
    request: Request, desk: Desk, submission: ToModerate, sent: JsonBody[EditSent], seen: IfMatch
) -> ModeratedShown:
    answer = await desk.edit(submission, sent, await reviewed_version(request, desk, seen))
    return ModeratedShown.model_validate(answer)


@router.post("/{reference}/hide", summary="Take it from the public", responses=DECIDED, openapi_extra=ONCE)
async def hide(
    request: Request, desk: Desk, submission: ToModerate, sent: JsonBody[HideSent], seen: IfMatch
) -> ModeratedShown:
    answer = await desk.hide(submission, sent, await reviewed_version(request, desk, seen))
    return ModeratedShown.model_validate(answer)
