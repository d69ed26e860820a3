"""What officials see: the list of what is due, and one assignment with its history."""

from dataclasses import replace
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from shared.http.auth import SignedIn
from shared.http.cursors import Cursor, read_cursor
from shared.http.openapi import refusals
from shared.http.problems import not_found
from shared.privacy.audit import audit_of
from shared.storage.aggregates import StoredAggregate

from router.access.policy import as_seen_by, by_what_right, check_may_read, visibility_of
from router.cases.case_query import CaseQuery
from router.cases.life import OPEN, OVER, UNDER_WAY, State
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.directory.snapshot import signs_wanted
from router.http.dependencies import TheOffice
from router.http.models import Detailed, Listed, ListedPage
from router.http.problems import not_searched_together

router = APIRouter(prefix="/assignments", tags=["assignments"])

MOST_AT_ONCE = 200


def the_assignments(request: Request) -> Assignments:
    return cast(Assignments, request.app.state.assignments)


TheAssignments = Annotated[Assignments, Depends(the_assignments)]


async def readable(
    id: UUID, caller: SignedIn, assignments: TheAssignments, office: TheOffice
) -> tuple[StoredAggregate[Assignment], Assignment]:
    """The one that is asked for, with its state. Raises Problem 404, and 403 for who may not read it."""
    aggregate = await assignments.find(str(id))
    if aggregate is None or aggregate.state is None or not aggregate.state.is_anyones:
        raise not_found()
    check_may_read(caller, aggregate.state, office)
    return aggregate, aggregate.state


Readable = Annotated[tuple[StoredAggregate[Assignment], Assignment], Depends(readable)]


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


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


async def parent_of(assignment: Assignment, assignments: Assignments) -> StoredAggregate[Assignment] | None:
    """What it is a part of."""
    return await assignments.find(assignment.parent.id) if assignment.parent is not None else None


def as_read(assignment: Assignment, parent: StoredAggregate[Assignment] | None) -> Assignment:
    """A part comes with what its author added to what it is a part of; every other as it is."""
    return assignment if parent is None or parent.state is None else assignment.with_its_authors(parent.state)


@router.get("/{id}", responses=refusals(401, 403, 404, 422, 503))
async def read_assignment(
    asked: Readable, request: Request, caller: SignedIn, response: Response, assignments: TheAssignments
) -> Detailed:
    """One assignment with the submission's text and everything that happened to it."""
    aggregate, assignment = asked
    why = by_what_right(caller, assignment.entity)
    await audit_of(request).record(request, caller, "read", "assignment", [aggregate.id], why)
    response.headers.update(etag(aggregate.version))
    shown = as_read(assignment, await parent_of(assignment, assignments))
    return Detailed.of(replace(aggregate, state=as_seen_by(caller, shown)))
