"""GET /submissions/{reference}/events: tells an open page at once that a submission changed."""

from fastapi import APIRouter, Request
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.openapi import NOBODY_TOO, WAYS_TO_SIGN_IN, refusals
from shared.live.event_stream import Seen, answered, stream
from starlette.responses import Response

from intake.tracking.dependencies import Opened

router = APIRouter(tags=["submissions"], dependencies=WAYS_TO_SIGN_IN)


@router.get(
    "/submissions/{reference}/events",
    summary="Live: an event whenever the submission changed (server-sent events)",
    response_class=Response,
    responses={**answered("submission"), **refusals(401, 404, 422, 429, 503)},
    openapi_extra=NOBODY_TOO,
)
async def listen(
    request: Request, submission: Opened, caller: OptionalCaller, session: CurrentSession, seen: Seen = 0
) -> Response:
    """For everybody who may read the submission; the events contain only version numbers."""
    return stream(request, [submission.id], session, caller.subject if caller else submission.id, seen)
