"""Other submissions beside one: what may be the same, is linked with it, or was merged into it or it into."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from shared.events.model import Role
from shared.http.auth import Caller
from shared.privacy.audit import audit_of

from router.access.policy import by_what_right, visibility_of
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from router.desk.view import Line, Reader, line
from router.duplicates.likeness import past_ones, traits_of
from router.duplicates.queries import parents_of, similar_for
from router.http.dependencies import recorder

MOST_DUPLICATES_SHOWN = 20
MOST_OF_AN_AUTHOR = 10


@dataclass(frozen=True)
class Beside:
    """Another submission in words. `address` is empty where its page is not for this official."""

    line: Line
    text: str
    address: str
    metres: int | None = None
    said_since: int = 0
    """How often its author added something."""


async def beside(
    request: Request, caller: Caller, id: str, assignment: Assignment, assignments: Assignments, reader: Reader
) -> dict[str, Any]:
    """What stands beside it: what may be the same, what was linked with it and merged into it, and, where it is merged,
    the one that is worked on."""
    similar = await similar_for(caller, id, assignment, reader.office, assignments, recorder(request, caller))
    metres = {each.id: each.like.metres for each in similar}
    duplicates = (assignment.duplicates or ())[:MOST_DUPLICATES_SHOWN]
    parent = (assignment.merged.parent,) if assignment.merged else ()
    ids = [*metres, *duplicates, *assignment.related, *parent]
    found = await assignments.shown_beside(ids)
    others = [each for each in (*duplicates, *assignment.related, *parent) if each in found]
    if others:
        why = by_what_right(caller, assignment.entity)
        await audit_of(request).record(request, caller, "list", "assignment", others, why)

    seen = visibility_of(caller, reader.office)

    def shown_as(ids: Sequence[str], all_of_them: bool = False) -> list[Beside]:
        states = [(each, found[each].state) for each in ids if each in found]
        return [
            _beside(state, seen, reader, metres.get(each))
            for each, state in states
            if state is not None and (all_of_them or seen.holds(state)) and seen.is_confided(state)
        ]

    return {
        "similar": shown_as(list(metres)),
        # Whoever works on it for all of them reads all of them.
        "duplicates": shown_as(duplicates, all_of_them=True),
        "duplicates_count": len(assignment.duplicates or ()),
        "related": shown_as(assignment.related),
        "parent": next(iter(shown_as(parent)), None),
    }


def _beside(assignment: Assignment, seen: Visibility, reader: Reader, metres: int | None) -> Beside:
    assert assignment.submission is not None
    submission = assignment.submission
    address = f"/desk/{submission.reference}" if seen.holds(assignment) else ""
    return Beside(line(assignment, reader), submission.text, address, metres, assignment.added_by_its_author())


async def of_the_same_author(
    request: Request, caller: Caller, id: str, assignment: Assignment, assignments: Assignments, reader: Reader
) -> list[Line]:
    """What its author, who had signed in, sent to the same entity besides; for who works on it, recorded as listed."""
    works_on_it = caller.acts_for(assignment.entity) or caller.has(Role.CENTRAL)
    if assignment.author_key is None or assignment.entity is None or not works_on_it:
        return []
    seen = visibility_of(caller, reader.office)
    found = await assignments.of_author(assignment.author_key, assignment.entity, seen, MOST_OF_AN_AUTHOR + 1)
    others = [each for each in found if each.id != id and each.state is not None][:MOST_OF_AN_AUTHOR]
    if others:
        why = by_what_right(caller, assignment.entity)
        await audit_of(request).record(request, caller, "list", "assignment", [each.id for each in others], why)
    return [line(each.state, reader) for each in others if each.state is not None]


@dataclass(frozen=True)
class Past:
    """One that was placed before: where, and how alike it is, of a hundred."""

    line: Line
    address: str
    alike: int


async def past_cases(
    request: Request, caller: Caller, id: str, assignment: Assignment, assignments: Assignments, reader: Reader
) -> list[Past]:
    """Show similar cases that were placed before to the person who places this one; none where the text was erased."""
    if assignment.submission is None or assignment.erased:
        return []
    seen = visibility_of(caller, reader.office)
    suggested = assignment.suggested.items if assignment.suggested else ()
    likely = [item.category for item in suggested]
    parents = parents_of(reader.directory)
    of = traits_of(assignment, parents)
    similar = await past_ones(assignments, of, likely, reader.now, parents, seen, besides=(id,))
    ids = [each.id for each in similar]
    if not ids:
        return []
    await audit_of(request).record(request, caller, "list", "assignment", ids, by_what_right(caller, None))
    found = await assignments.shown_beside(ids)
    states = [(each, found[each.id].state) for each in similar if each.id in found]
    return [
        Past(line(state, reader), f"/desk/{each.reference}", round(each.like.score * 100))
        for each, state in states
        if state is not None
    ]
