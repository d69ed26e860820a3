"""GET /assignments/{id}/events: who looks at an assignment hears at once that something happened to it."""

from uuid import UUID

from fastapi import APIRouter, Request
from shared.auth import CurrentSession, SignedIn
from shared.event_stream import Seen, answered, stream
from shared.openapi import refusals
from shared.problems import not_found
from starlette.responses import Response

from router.api.access import check_may_read
from router.api.assignments import TheAssignments

router = APIRouter(prefix="/assignments/{id}", tags=["assignments"])


@router.get(
    "/events",
    summary="Live: an event whenever the assignment changed (server-sent events)",
    response_class=Response,
    responses={**answered("assignment"), **refusals(401, 403, 404, 422, 429, 503)},
)
async def listen(
    id: UUID,
    request: Request,
    caller: SignedIn,
    session: CurrentSession,
    assignments: TheAssignments,
    seen: Seen = 0,
) -> Response:
    """For whoever may read it now. It holds nothing but version numbers: who loses the right hears numbers, no more."""
    aggregate = await assignments.find(str(id))
    if aggregate is None or aggregate.state is None or not aggregate.state.is_anyones:
        raise not_found()
    check_may_read(caller, aggregate.state)
    return stream(request, [aggregate.id], session, caller.subject, seen)
