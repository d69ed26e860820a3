"""GET /submissions: the signed-in person's own submissions, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from shared.http.auth import SignedIn
from shared.http.cursors import Cursor
from shared.http.openapi import refusals

from intake.http.headers import PRIVATE
from intake.http.models import OwnSubmissionsPage
from intake.own_submissions.use_cases import list_own_submissions
from intake.submissions.life import Status

MOST_AT_ONCE = 100

router = APIRouter(tags=["submissions"])


@router.get("/submissions", summary="One's own submissions, newest first", responses=refusals(401, 422, 503))
async def list_own(
    request: Request,
    response: Response,
    caller: SignedIn,
    status: Annotated[list[Status] | None, Query(description="one or more; without it all")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 20,
) -> OwnSubmissionsPage:
    """Lists only the caller's own submissions."""
    response.headers.update(PRIVATE)
    state = request.app.state
    return await list_own_submissions(state.submissions, state.directory, caller.subject, status, cursor, limit)
