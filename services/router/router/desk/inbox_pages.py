"""`/desk`: what is due next, on top."""

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.cursors import read_cursor
from shared.privacy.audit import audit_of
from shared.web.catalogues import N_
from starlette.responses import Response

from router.access.policy import LEADERS, by_what_right, visibility_of
from router.cases.case_query import CaseQuery
from router.cases.life import State
from router.cases.listing import COUNTED_AT_MOST
from router.cases.live_versions import now_of_lists
from router.cases.search_terms import MET_BY_NOTHING
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from router.desk.bulk_pages import BULK
from router.desk.filters import VIEWS, Asked, Filters, sees_all
from router.desk.saved_view_pages import the_views
from router.desk.view import Reader, desk_page, line
from router.http.dependencies import TheAssignments
from router.http.sign_in import Official
from router.http.words import DONE, KINDS, PRIORITIES
from router.staffing.model import colleagues

router = APIRouter(include_in_schema=False)

AT_ONCE = 25
COUNTED = ("open", "overdue", "today", "new", "in_work", "waiting", "approval", "suggestions", "appeals")
MINE, NOBODYS = N_("I"), N_("Nobody yet")
SELDOM = ("approval", "suggestions", "appeals")
"""Not shown where they hold nothing."""
LEFT_THE_DESK = ("transfer", "give-up")
"""After these the official may not see it any more, and reads here that it was done."""


@router.get("/desk")
async def inbox(
    request: Request,
    caller: Official,
    assignments: TheAssignments,
    filters: Asked,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    reader = Reader.of(request)
    seen = visibility_of(caller, reader.office)
    wanted = filters.wanted_of(seen, caller, reader)
    found, (counts, to_place) = await asyncio.gather(
        assignments.look(wanted, read_cursor(cursor), AT_ONCE),
        _counts(assignments, filters, seen, caller, reader, is_search=bool(wanted.signs)),
    )
    listed = [aggregate for aggregate in found.items if aggregate.state is not None]
    if listed:
        why = by_what_right(caller, wanted.entity)
        await audit_of(request).record(request, caller, "list", "assignment", [each.id for each in listed], why)
    return desk_page(
        request,
        reader,
        "inbox.html",
        lines=[line(each.state, reader) for each in listed if each.state is not None],
        boxes=[each for each in listed if each.state is not None],
        bulk=_bulk(caller, reader),
        filters=filters,
        named=asdict(filters),
        saved=await the_views(request).of(caller.subject),
        views={
            view: words
            for view, (words, _) in VIEWS.items()
            if view not in SELDOM or view == filters.view or counts.get(view)
        },
        counts=counts,
        counted_at_most=COUNTED_AT_MOST,
        to_place=to_place,
        decides_appeals=caller.has(Role.CENTRAL),
        sees_all=sees_all(caller),
        leads=caller.has(*LEADERS),
        colleagues=_colleagues(caller, reader),
        kind_choices=[(kind, reader.words.ugettext(said)) for kind, said in KINDS.items()],
        priority_choices=[(priority, reader.words.ugettext(said)) for priority, said in PRIORITIES.items()],
        kinds=KINDS,
        priorities=PRIORITIES,
        version=now_of_lists(),
        address=f"/desk{filters.query(cursor)}",
        is_whole=found.is_whole,
        unreadable=found.unreadable,
        says_nothing=wanted.signs == MET_BY_NOTHING,
        is_first=cursor is None,
        next_url=f"/desk{filters.query(found.next_cursor)}" if found.next_cursor else "",
        done=DONE.get(did) if did in LEFT_THE_DESK else None,
        desk_of=reader.names.entity(caller.entity) if not sees_all(caller) else None,
    )


def _bulk(caller: Caller, reader: Reader) -> list[tuple[str, str]]:
    """Return the actions for several cases at once; none for readers of all entities, who work on no case."""
    if not caller.acts_for(caller.entity):
        return []
    return [(action, reader.words.ugettext(said)) for action, said in BULK.items()]


def _colleagues(caller: Caller, reader: Reader) -> list[tuple[str, str]]:
    """List the choices of the filter by official: oneself, nobody, each colleague."""
    if sees_all(caller) or reader.directory is None:
        return []
    team = colleagues(reader.directory.country.officials, caller.entity)
    words = reader.words.ugettext
    others = [(each.id, reader.names.staff(each, reader.today)) for each in team if each.id != caller.subject]
    return [("me", words(MINE)), ("-", words(NOBODYS)), *others]


async def _counts(
    assignments: Assignments, filters: Filters, seen: Visibility, caller: Caller, reader: Reader, is_search: bool
) -> tuple[dict[str, int], int]:
    """How many each view holds, and how many wait for the central office to place them. Where no index knows the
    former, every open one would be read: it is left out."""
    views: dict[str, CaseQuery] = {}
    if not is_search:
        views = {view: filters.seen_as(view).wanted_of(seen, caller, reader) for view in COUNTED}
    if any(map(_reads_documents, views.values())):
        views = {}
    placing = [CaseQuery((State.IN_TRIAGE,), visibility=seen)] if caller.has(Role.CENTRAL) else []
    numbers = await assignments.counts([*views.values(), *placing])
    return dict(zip(views, numbers, strict=False)), numbers[-1] if placing else 0


def _reads_documents(wanted: CaseQuery) -> bool:
    residual = wanted.kind or wanted.priority or wanted.official == "" or wanted.signs
    return bool((wanted.category and not wanted.entity) or residual)
