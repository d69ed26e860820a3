"""`/desk/team`: how much each entity has before it; and a list as a file, for those who lead."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.http.auth import Caller
from shared.privacy.audit import audit_of
from shared.storage.aggregates import StoredAggregate
from shared.web import sheets
from shared.web.catalogues import N_
from shared.web.pages import PRIVATE
from starlette.responses import Response, StreamingResponse

from router.access.policy import by_what_right, visibility_of
from router.cases.case_query import CaseQuery
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from router.desk.filters import Asked, sees_all
from router.desk.view import Reader, desk_page, line
from router.http.dependencies import TheAssignments
from router.http.sign_in import Leader
from router.http.words import KINDS, PRIORITIES, STANDINGS
from router.staffing.loads import Load
from router.staffing.model import colleagues

router = APIRouter(include_in_schema=False)

AT_ONCE = 200
MOST_ROWS = 10_000
COLUMNS = (
    N_("Reference number"),
    N_("Kind"),
    N_("Priority"),
    N_("State"),
    N_("Category"),
    N_("Entity"),
    N_("Received"),
    N_("Due"),
    N_("Standing"),
    N_("Text"),
)
NUMBERS = ("open", "overdue", "today", "waiting", "answered")


@dataclass(frozen=True)
class Person:
    """List the cases of one official; without an id those of nobody."""

    id: str
    name: str
    load: Load


@router.get("/desk/team")
async def team(
    request: Request,
    caller: Leader,
    assignments: TheAssignments,
    entity: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """`entity`: whose people a reader of all entities wants to see."""
    reader = Reader.of(request)
    seen = visibility_of(caller, reader.office)
    own = seen.entity
    loads = await assignments.loads(seen, reader.now, reader.tonight, reader.first_of_month)
    if own is not None and not loads:
        loads = [Load(own)]
    loads.sort(key=lambda load: (-load.overdue, -load.today, -load.open, load.entity))
    whole = Load("", *(sum(getattr(load, name) for load in loads) for name in NUMBERS))
    of = own or (entity if reader.directory and entity in reader.directory.entities else None)
    return desk_page(
        request,
        reader,
        "team.html",
        loads=loads,
        whole=whole,
        sees_all=sees_all(caller),
        entity=of,
        people=await _people(assignments, of, seen, reader) if of else [],
    )


async def _people(assignments: Assignments, entity: str, seen: Visibility, reader: Reader) -> list[Person]:
    """The team, who has most first; whoever has left and still has something; and what nobody has."""
    loads = {load.entity: load for load in await assignments.loads_within(entity, seen, reader.now, reader.tonight)}
    officials = reader.directory.country.officials if reader.directory else ()
    team = {official.id: official for official in colleagues(officials, entity)}
    found = [
        Person(
            id,
            reader.names.staff(team[id], reader.today) if id in team else reader.names.official(id) or id,
            loads.get(id, Load(id)),
        )
        for id in dict.fromkeys([*team, *loads])
    ]
    return sorted(found, key=lambda person: (not person.id, -person.load.overdue, -person.load.open, person.name))


@router.get("/desk/list.csv")
async def export(request: Request, caller: Leader, assignments: TheAssignments, filters: Asked) -> Response:
    """The list of the inbox with these filters, as a spreadsheet; every row is recorded as read."""
    reader = Reader.of(request)
    rows = _rows(request, caller, assignments, filters.wanted(caller, reader), reader)
    name = {"Content-Disposition": f'attachment; filename="tawasul-{filters.view}.csv"'}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=PRIVATE | name)


async def _rows(
    request: Request, caller: Caller, assignments: Assignments, wanted: CaseQuery, reader: Reader
) -> AsyncIterator[str]:
    titles = tuple(reader.words.ugettext(column) for column in COLUMNS)
    yield sheets.MARK + sheets.lines([titles])
    after, left = None, MOST_ROWS
    while left > 0:
        found = await assignments.look(wanted, after, min(AT_ONCE, left))
        ids = [aggregate.id for aggregate in found.items]
        why = by_what_right(caller, wanted.entity)
        if ids:
            await audit_of(request).record(request, caller, "export", "assignment", ids, why)
            yield sheets.lines([_row(aggregate, reader) for aggregate in found.items])
        if found.end is None:
            return
        after, left = found.end, left - len(ids) - found.unreadable


def _row(aggregate: StoredAggregate[Assignment], reader: Reader) -> tuple[str, ...]:
    state = aggregate.state
    assert state is not None
    assert state.submission is not None
    said = line(state, reader)
    words = reader.words.ugettext
    return (
        said.reference,
        words(KINDS[said.kind]),
        words(PRIORITIES[said.priority]),
        words(said.state[0]),
        said.category,
        said.entity,
        reader.formats.iso(said.received_at),
        reader.formats.iso(said.due.at) if said.due and said.due.standing != "unknown" else "",
        words(STANDINGS[said.due.standing]) if said.due else "",
        state.submission.text,
    )
