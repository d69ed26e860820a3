"""GET /submissions: what the signed-in person filed, newest first."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from shared.http.auth import SignedIn
from shared.http.cursors import Cursor, read_cursor
from shared.http.openapi import refusals
from shared.reference.directory import Directory

from intake.http.models import OwnSubmissionShown, OwnSubmissionsPage
from intake.submissions.current_holder import holder_of
from intake.submissions.life import Status
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from intake.tracking.api import PRIVATE

EXCERPT = 200
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
    """Nobody sees another's: the author is whoever asks."""
    response.headers.update(PRIVATE)
    state = request.app.state
    return await page_of(state.submissions, state.directory, caller.subject, status, cursor, limit)


async def page_of(
    submissions: Submissions,
    directory: Directory,
    author: str,
    statuses: Collection[Status] | None,
    cursor: str | None,
    limit: int,
) -> OwnSubmissionsPage:
    page = await submissions.of_author(author, statuses, read_cursor(cursor), limit)
    items = [_listed(each.state, directory) for each in page.items if each.state is not None]
    return OwnSubmissionsPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)


def _listed(submission: Submission, directory: Directory) -> OwnSubmissionShown:
    category = directory.categories.get(submission.category) if submission.category else None
    holder = holder_of(submission, directory)
    entity = directory.entities.get(holder) if holder else None
    text = " ".join(submission.text.split())
    return OwnSubmissionShown(
        reference=submission.reference,
        kind=submission.kind,
        excerpt=text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…",
        status=submission.status,
        received_at=submission.received_at,
        category=submission.category,
        category_name=category.name if category else None,
        entity=holder,
        entity_name=entity.name if entity else None,
        due_at=submission.due_at,
        is_asked=submission.question is not None,
    )
