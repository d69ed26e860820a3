"""`/desk/triage`: what no rule could place, the oldest first, one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from shared.events.model import Role
from shared.http.auth import refuse
from shared.privacy.audit import audit_of
from shared.storage.aggregates import StoredAggregate
from shared.storage.item_isolation import isolate_item
from shared.web.forms import Fields
from starlette.responses import Response

from router.access.policy import by_what_right, visibility_of
from router.assigning.reasons import text_reads_like
from router.cases.case_query import CaseQuery
from router.cases.life import Move, State
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.desk.view import Reader, case, desk_page, line
from router.duplicates.related_pages import past_cases
from router.http.dependencies import TheAssignments
from router.http.sign_in import Official
from router.http.words import CHANNELS, DONE, KINDS, LANGUAGES, PRIORITIES
from router.sub_cases.queries import parent_of, with_authors_additions

router = APIRouter(include_in_schema=False)

AT_ONCE = 20


@router.get("/desk/triage")
async def triage(
    request: Request,
    caller: Official,
    assignments: TheAssignments,
    reference: Annotated[str, Query(max_length=40)] = "",
    suggestion: Annotated[int, Query(ge=0, le=3)] = 0,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The one that waits longest with its form, and those behind it; `reference` takes another one first, `suggestion`
    fills the form with the first, second or third thing that the classifier suggests."""
    if not caller.has(Role.CENTRAL):
        raise refuse(
            "role",
            "Only the central office places submissions.",
            "فرز الطلبات من عمل المكتب المركزي وحده.",
        )
    reader = Reader.of(request)
    wanted = CaseQuery((State.IN_TRIAGE,), visibility=visibility_of(caller, reader.office))
    waiting, unreadable = await _waiting(assignments, wanted)
    first = await _first(assignments, waiting, reference)
    if first is not None:
        why = by_what_right(caller, None)
        await audit_of(request).record(request, caller, "list", "assignment", [each.id for each in waiting], why)
        await audit_of(request).record(request, caller, "read", "assignment", [first.id], why)
    state = first.state if first is not None else None
    parent = await parent_of(state, assignments) if state is not None else None
    past = await past_cases(request, caller, first.id, state, assignments, reader) if first and state else []
    return desk_page(
        request,
        reader,
        "triage.html",
        past=past,
        case=replace(case(with_authors_additions(state, parent), reader), assignment=state)
        if state is not None
        else None,
        version=first.version if first is not None else 0,
        others=[line(each.state, reader) for each in waiting if each.state and first and each.id != first.id],
        total=await assignments.count(wanted),
        unreadable=unreadable,
        form=Fields({"from": "triage", **_taken(state, suggestion, reader)}),
        errors=Fields({}),
        key=str(uuid4()),
        done=DONE.get(did) if did in (Move.TRIAGE.value, Move.DECLINE.value) else None,
        kinds=KINDS,
        priorities=PRIORITIES,
        channels=CHANNELS,
        languages=LANGUAGES,
    )


async def _waiting(assignments: Assignments, wanted: CaseQuery) -> tuple[list[StoredAggregate[Assignment]], int]:
    """Those on top, and how many on top of them cannot be read: these hide nothing, however many they are."""
    found = await assignments.look(wanted, None, AT_ONCE)
    unreadable = found.unreadable
    while not found.items and found.end is not None:
        found = await assignments.look(wanted, found.end, AT_ONCE)
        unreadable += found.unreadable
    return found.items, unreadable


async def _first(
    assignments: Assignments, waiting: Sequence[StoredAggregate[Assignment]], reference: str
) -> StoredAggregate[Assignment] | None:
    """The one that is asked for, or the first that there is, with its history, which lists do without."""
    for each in sorted(waiting, key=lambda each: not _is(each.state and each.state.submission, reference)):
        with isolate_item("list", each.id):
            if (first := await assignments.find(each.id)) is not None:
                return first
    return None


def _taken(state: Assignment | None, suggestion: int, reader: Reader) -> dict[str, str]:
    """The form as a suggestion fills it: the reason is in the language of the author, who reads it."""
    items = state.suggested.items if state is not None and state.suggested is not None else ()
    if state is None or reader.directory is None or not 1 <= suggestion <= len(items):
        return {}
    item = items[suggestion - 1]
    category = reader.directory.routing.leaf(item.category)
    if category is None:
        return {}
    entity = item.entity or ""
    reason = text_reads_like(category.name, item.words, state.language)
    return {"triage_category": category.id, "triage_entity": entity, "triage_reason": reason}


def _is(submission: object, reference: str) -> bool:
    return bool(reference) and getattr(submission, "reference", None) == reference.upper()
