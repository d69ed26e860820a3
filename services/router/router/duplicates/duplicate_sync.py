"""Bring merged cases along with the case that they were merged into, and index earlier cases for search.

The database says what is left to do, so nothing is lost with a process, and several may do the same.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.events.envelope import Cause
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate
from shared.storage.item_isolation import isolate_item

from router.cases.life import OPEN
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.directory.snapshot import Directory, DirectoryInUse
from router.duplicates.decisions import bring_along, keep_told, without
from router.duplicates.likeness import findable
from router.erasure.commands import stays_erased
from router.sub_cases.decisions import follow, followed, id_of

LOOKED_UP_EVERY_SECONDS = 0.5
MADE_FINDABLE_EVERY_SECONDS, MADE_FINDABLE_TIMES = 3_600, 3
AT_ONCE = 100
FIRST = ""
"""Before all ids."""


async def keep_together(assignments: Assignments) -> None:
    merged, parts = FIRST, FIRST
    while True:
        merged = await bring_all_along(assignments, utc_now(), merged)
        parts = await bring_sub_cases_along(assignments, utc_now(), parts)
        await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)


async def bring_all_along(assignments: Assignments, now: datetime, after: str = FIRST) -> str:
    """Handle `AT_ONCE` cases behind this id and return the last id: a failing case is skipped, the others continue."""
    leading = await assignments.leading(after, AT_ONCE)
    for document in leading:
        cause = Cause(f"merged-{document['_id']}")
        with isolate_item("together", document["_id"]):
            parent = assignments.read(document)
            waiting = (parent.state.duplicates if parent.state is not None else None) or ()
            for id in waiting:
                await assignments.change(id, _bringing(parent, now), now, cause)
            await assignments.change(parent.id, _left_by(waiting), now, cause)
    return _end_of(leading)


async def bring_sub_cases_along(assignments: Assignments, now: datetime, after: str = FIRST) -> str:
    """The same for the parts of what has ended, was erased or has another priority; and those merged into it hear of
    interim replies. What changes meanwhile is found again."""
    telling = await assignments.telling_sub_cases(after, AT_ONCE)
    for document in telling:
        cause, ended = Cause(f"part-of-{document['_id']}"), set()
        with isolate_item("together", document["_id"]):
            parent = assignments.read(document)
            assert parent.state is not None
            for number in range(1, parent.state.sub_cases + 1):
                id = id_of(parent.id, number)
                part = await assignments.change(id, _following(parent.state, now), now, cause)
                if part.state is not None and part.state.state not in OPEN:
                    ended.add(number)
            for duplicate in parent.state.duplicates or ():
                with isolate_item("together", duplicate):  # it hears of what it missed with the next reply
                    await assignments.change(duplicate, _telling(parent, now), now, cause)
            await assignments.change(parent.id, _followed(parent, frozenset(ended)), now, cause)
    return _end_of(telling)


def _end_of(documents: Sequence[Document]) -> str:
    """Behind which there may be more."""
    return documents[-1]["_id"] if len(documents) == AT_ONCE else FIRST


def _following(parent: Assignment, now: datetime) -> "Decide":
    def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
        return follow(aggregate.id, aggregate.state, parent, now) if aggregate.state is not None else None

    return decide


def _followed(parent: StoredAggregate[Assignment], ended: frozenset[int]) -> "Decide":
    def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
        if aggregate.state is None or aggregate.version != parent.version:
            return None
        return Decision(followed(aggregate.state, ended))

    return decide


Decide = Callable[[StoredAggregate[Assignment]], Decision[Assignment] | None]


def _bringing(parent: StoredAggregate[Assignment], now: datetime) -> Decide:
    def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
        if aggregate.state is None or parent.state is None:
            return None
        decision = bring_along(aggregate.id, aggregate.state, parent.id, parent.state, now)
        return stays_erased(decision) if decision.events else None

    return decide


def _telling(parent: StoredAggregate[Assignment], now: datetime) -> Decide:
    def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
        if aggregate.state is None or parent.state is None:
            return None
        return keep_told(aggregate.id, aggregate.state, parent.id, parent.state, now)

    return decide


def _left_by(ids: Sequence[str]) -> Decide:
    def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
        state = aggregate.state
        return Decision(without(state, *ids)) if state is not None and state.duplicates else None

    return decide


async def keep_findable(assignments: Assignments, directory: DirectoryInUse) -> None:
    """Several times after a start: while a new version takes the place of the one before, that one still writes, and
    asks by its own indexes; they are dropped when it has had an hour to end. Later nobody writes what it would find."""
    times = 0
    while times < MADE_FINDABLE_TIMES:
        if directory.current is None:
            await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)
            continue
        await make_findable(assignments, directory.current)
        times += 1
        await asyncio.sleep(MADE_FINDABLE_EVERY_SECONDS)
        await assignments.drop_earlier_indexes()


async def make_findable(assignments: Assignments, directory: Directory) -> None:
    """What a version stored that knew of no likeness, or of no search by words, or kept signs elsewhere."""

    def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
        state = aggregate.state
        if state is None or state.submission is None or state.erased or state.found_by:
            return None
        if state.signs:
            return Decision(state.filed())
        where = directory.where(state.submission)
        signs = directory.findable_by(state.submission, where)
        decision = findable(Decision(state.changed(area=where.area or "", found_by=signs)))
        return decision if decision.state != state else None  # a text may have no sign

    await assignments.file_signs()
    async for id in assignments.without_keys():
        with isolate_item("findable", id):
            await assignments.change(id, decide, utc_now(), Cause("made-findable"))
