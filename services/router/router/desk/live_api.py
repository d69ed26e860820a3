"""Live: who looks at an assignment hears at once that something happened to it; who looks at a list, soon after."""

from fastapi import APIRouter, Request
from shared.http.auth import CurrentSession, SignedIn
from shared.http.openapi import refusals
from shared.live.event_stream import Seen, answered, stream
from starlette.responses import Response

from router.access.policy import visibility_of
from router.cases.live_versions import id_of_list, id_of_part
from router.http.dependencies import TheOffice
from router.http.readable import Readable

router = APIRouter(prefix="/assignments", tags=["assignments"])

LIST_AT_MOST_EVERY_SECONDS = 3.0
"""A list is dearer to read again than one case, and more happens in it."""


@router.get(
    "/events",
    summary="Live: an event whenever something of the list changed (server-sent events)",
    response_class=Response,
    responses={**answered("list"), **refusals(401, 403, 422, 429, 503)},
)
async def listen_to_list(
    request: Request, caller: SignedIn, session: CurrentSession, office: TheOffice, seen: Seen = 0
) -> Response:
    """For officials: that something of the own entity's cases changed, of any entity's for who sees all; what, says the
    list, to which it can still be nothing."""
    id = id_of_list(visibility_of(caller, office).entity)
    return stream(request, [id], session, caller.subject, seen, LIST_AT_MOST_EVERY_SECONDS)


@router.get(
    "/{id}/events",
    summary="Live: an event whenever the assignment changed (server-sent events)",
    response_class=Response,
    responses={**answered("assignment"), **refusals(401, 403, 404, 422, 429, 503)},
)
async def listen(
    asked: Readable, request: Request, caller: SignedIn, session: CurrentSession, seen: Seen = 0
) -> Response:
    """For whoever may read it now. It holds nothing but version numbers: who loses the right hears numbers, no more.
    Of a part they count what changes in what it is a part of as well, as its author adds to that."""
    aggregate, assignment = asked
    id = id_of_part(aggregate.id, assignment.parent.id) if assignment.parent is not None else aggregate.id
    return stream(request, [id], session, caller.subject, seen)
