"""GET /assignments/{id}/events: who looks at an assignment hears at once that something happened to it."""

from fastapi import APIRouter, Request
from shared.auth import CurrentSession, SignedIn
from shared.event_stream import Seen, answered, stream
from shared.openapi import refusals
from starlette.responses import Response

from router.api.assignments import Readable

router = APIRouter(prefix="/assignments/{id}", tags=["assignments"])


@router.get(
    "/events",
    summary="Live: an event whenever the assignment changed (server-sent events)",
    response_class=Response,
    responses={**answered("assignment"), **refusals(401, 403, 404, 422, 429, 503)},
)
async def listen(
    asked: Readable, request: Request, caller: SignedIn, session: CurrentSession, seen: Seen = 0
) -> Response:
    """For whoever may read it now. It holds nothing but version numbers: who loses the right hears numbers, no more."""
    aggregate, _ = asked
    return stream(request, [aggregate.id], session, caller.subject, seen)
