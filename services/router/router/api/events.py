"""GET /assignments/{id}/events: who looks at an assignment hears at once that something happened to it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from shared.auth import CurrentSession, SignedIn
from shared.clock import utc_now
from shared.event_stream import LONGEST, MEDIA_TYPE, EventStream, last_seen, refusal
from shared.live import Live, TooManyConnections
from shared.openapi import refusals
from shared.problems import busy, not_found
from starlette.responses import Response

from router.api.access import check_may_read
from router.api.assignments import TheAssignments

router = APIRouter(prefix="/assignments/{id}", tags=["assignments"])

ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `changed` with the version; read the assignment again. Comments keep it alive.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events",
    summary="Live: an event whenever the assignment changed (server-sent events)",
    response_class=Response,
    responses={**ANSWERED, **refusals(401, 403, 404, 422, 429, 503)},
)
async def listen(
    id: UUID,
    request: Request,
    caller: SignedIn,
    session: CurrentSession,
    assignments: TheAssignments,
    seen: Annotated[int, Query(ge=0, le=2**53, description="the version one has; `Last-Event-ID` goes before it")] = 0,
) -> Response:
    """For whoever may read it now. It holds nothing but version numbers: who loses the right hears numbers, no more."""
    if request.app.state.service.is_draining:
        raise busy()
    aggregate = await assignments.find(str(id))
    if aggregate is None or aggregate.state is None or not aggregate.state.is_anyones:
        raise not_found()
    check_may_read(caller, aggregate.state)
    live: Live = request.app.state.live
    client = session.id if session else caller.subject
    try:
        listener = live.join(aggregate.id, client, last_seen(request.headers, seen))
    except TooManyConnections as error:
        raise refusal(error) from error
    return EventStream(live, listener, session.expires_at if session else utc_now() + LONGEST)
