"""Endpoints that list cases, and show one with its history."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from shared.http.auth import SignedIn
from shared.http.cursors import Cursor, read_cursor
from shared.http.openapi import refusals
from shared.privacy.audit import audit_of

from router.access.policy import as_seen_by, by_what_right, visibility_of
from router.cases.case_query import CaseQuery
from router.cases.life import OPEN, OVER, UNDER_WAY, State
from router.directory.snapshot import signs_wanted
from router.http.dependencies import TheAssignments, TheOffice, etag
from router.http.models import Detailed, Listed, ListedPage
from router.http.problems import not_searched_together
from router.http.readable import Readable
from router.sub_cases.queries import parent_of, with_authors_additions

router = APIRouter(prefix="/assignments", tags=["assignments"])

MOST_AT_ONCE = 200


@router.get("", responses=refusals(401, 403, 422, 503))
async def list_assignments(
    request: Request,
    caller: SignedIn,
    assignments: TheAssignments,
    office: TheOffice,
    state: Annotated[list[State] | None, Query(description="one or more; without it all that are not finished")] = None,
    words: Annotated[
        str,
        Query(max_length=200, description="all of them: of the text in either language, a block, a place, an area"),
    ] = "",
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
) -> ListedPage:
    """The own entity's assignments, all entities' for the central office; what is due first is on top. With `words`
    the newest is, and a page may hold fewer than there are: `next_cursor` goes on."""
    wanted = set(state or OPEN) - {State.EXPECTED}
    seen = visibility_of(caller, office)
    signs = signs_wanted(words, office.directory)
    if signs and not (wanted <= set(UNDER_WAY) or wanted <= set(OVER)):
        raise not_searched_together()
    asked = CaseQuery(sorted(wanted), seen.entity, signs=signs, visibility=seen)
    found = await assignments.look(asked, read_cursor(cursor), limit)
    items = [Listed.of(aggregate) for aggregate in found.items]
    if items:
        ids = [item.id for item in items]
        await audit_of(request).record(request, caller, "list", "assignment", ids, by_what_right(caller, seen.entity))
    return ListedPage(items=items, next_cursor=found.next_cursor, unreadable=found.unreadable)


@router.get("/{id}", responses=refusals(401, 403, 404, 422, 503))
async def read_assignment(
    asked: Readable, request: Request, caller: SignedIn, response: Response, assignments: TheAssignments
) -> Detailed:
    """One assignment with the submission's text and everything that happened to it."""
    aggregate, assignment = asked
    why = by_what_right(caller, assignment.entity)
    await audit_of(request).record(request, caller, "read", "assignment", [aggregate.id], why)
    response.headers.update(etag(aggregate.version))
    shown = with_authors_additions(assignment, await parent_of(assignment, assignments))
    return Detailed.of(replace(aggregate, state=as_seen_by(caller, shown)))
