"""GET /submissions/{reference}/events: who looks at a submission hears at once that something happened."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from shared.auth import CurrentSession, OptionalCaller
from shared.clock import utc_now
from shared.event_stream import LONGEST, MEDIA_TYPE, EventStream, last_seen, refusal
from shared.live import Live, TooManyConnections
from shared.openapi import NOBODY_TOO, WAYS_TO_SIGN_IN, refusals
from shared.problems import busy
from starlette.responses import Response

from intake.api.submissions import Opened

router = APIRouter(tags=["submissions"], dependencies=WAYS_TO_SIGN_IN)


ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `changed` with the version; read the submission again. Comments keep it alive.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/submissions/{reference}/events",
    summary="Live: an event whenever the submission changed (server-sent events)",
    response_class=Response,
    responses={**ANSWERED, **refusals(401, 404, 422, 429, 503)},
    openapi_extra=NOBODY_TOO,
)
async def listen(
    request: Request,
    submission: Opened,
    caller: OptionalCaller,
    session: CurrentSession,
    seen: Annotated[int, Query(ge=0, le=2**53, description="the version one has; `Last-Event-ID` goes before it")] = 0,
) -> Response:
    """For whoever may read the submission; it holds nothing but version numbers."""
    if request.app.state.service.is_draining:
        raise busy()
    live: Live = request.app.state.live
    client = session.id if session else caller.subject if caller else submission.id
    try:
        listener = live.join(submission.id, client, last_seen(request.headers, seen))
    except TooManyConnections as error:
        raise refusal(error) from error
    return EventStream(live, listener, session.expires_at if session else utc_now() + LONGEST)
