"""What a list of assignments holds, and how MongoDB is asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, DESCENDING
from shared.aggregates import Aggregate, Document
from shared.cursors import Place

from router.domain.assignment import Assignment
from router.domain.finding import Signs
from router.domain.life import UNDER_WAY, State
from router.domain.sight import EVERYTHING, Sight

Order = list[tuple[str, int]]

LOOKED_THROUGH = 3_000
"""Of those with the rarest word of a search, in the order of the list; a person then adds a word."""


@dataclass(frozen=True)
class Wanted:
    """Which assignments of a list; all that is given must hold. `reference` is how the reference number begins;
    `proposed`: with an answer that waits for approval; `official`: who of the entity has it, empty for nobody;
    `signs`: of each group one at least (`domain.finding`); `sight`: of what somebody may see, else of all there is."""

    states: Sequence[State]
    entity: str | None = None
    category: str | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    reference: str | None = None
    newest_first: bool = False
    proposed: bool = False
    official: str | None = None
    kind: str | None = None
    priority: str | None = None
    signs: Signs = ()
    sight: Sight | None = None


@dataclass(frozen=True)
class Found:
    """What a search found. Not `is_whole`: more may be, and were not looked at."""

    items: list[Aggregate[Assignment]]
    is_whole: bool


@dataclass(frozen=True)
class AlikeTo:
    """Which may be alike: those that have one of `keys` and all else that is given."""

    keys: Sequence[str]
    states: Sequence[State]
    since: datetime
    most: int
    sight: Sight = EVERYTHING


def seen_by(sight: Sight | None, with_confidential: bool = False) -> Document:
    """What this sight holds, its entity aside. `with_confidential`: as far as an index says it."""
    query: Document = {}
    if sight is not None and sight.areas is not None:
        query["state.area"] = {"$in": ["", *sorted(sight.areas)]}
    if sight is not None and not with_confidential:
        query["$nor"] = [{"state.named": _not_confided(sight), "state.entity": {"$nin": sorted(sight.headed)}}]
    return query


def hidden_from(sight: Sight) -> Document:
    """What is confidential and not for this sight."""
    return {"state.named": _not_confided(sight) | {"$exists": True}, "$nor": [_headed(sight)]}


def _headed(sight: Sight) -> Document:
    return {"state.entity": {"$in": sorted(sight.headed)}}


def _not_confided(sight: Sight) -> Document:
    return {"$nin": [None, *sorted(sight.names)]}


def page_query(wanted: Wanted, after: Place | None) -> tuple[Document, list[tuple[str, int]]]:
    """What to find and in which order; the indexes give it without sorting, but for the few of a reference number."""
    # What was withdrawn before it came here has been decided by nobody, and is on nobody's list.
    query: Document = {"state.state": {"$in": list(wanted.states)}, "state.decided": {"$ne": None}}
    if wanted.entity is not None:
        query["state.entity"] = wanted.entity
    query |= seen_by(wanted.sight)
    if wanted.category is not None:
        query["state.category"] = wanted.category
    if wanted.reference is not None:
        query["state.submission.reference"] = {"$regex": f"^{wanted.reference}"}
    if wanted.kind is not None:
        query["state.submission.kind"] = wanted.kind
    if wanted.priority is not None:
        query["state.priority"] = wanted.priority
    if wanted.official is not None:
        query["state.charge.official"] = wanted.official or None
    if wanted.proposed:
        query["state.proposed.at"] = {"$exists": True}
    at: Document = {}
    if wanted.due_from is not None or wanted.due_before is not None:
        query["state.due.target"] = {"$gt": ""}  # without a due time it is listed by the time of its receipt
        at = {"$gte": wanted.due_from} if wanted.due_from else {}
        at |= {"$lt": wanted.due_before} if wanted.due_before else {}
    if after is not None:
        time, id = after
        later, beyond = ("$lte", "$gte") if wanted.newest_first else ("$gte", "$lte")
        at[later] = max(time, at[later]) if later in at else time
        # Not as $or: MongoDB would plan its branches apart and sort all they find.
        query["$nor"] = [*query.get("$nor", ()), {"state.list_at": time, "_id": {beyond: id}}]
    if at:
        query["state.list_at"] = at
    direction = DESCENDING if wanted.newest_first else ASCENDING
    return query, [("state.list_at", direction), ("_id", direction)]


def search_query(
    wanted: Wanted, entities: Sequence[str], rarest: Sequence[str], after: Place | None, most: int | None
) -> list[Document]:
    """Stages that find by signs. `rarest` is the group that fewest have: by it the index is read, in order and of each
    of the entities; at most so many are then held against all that is wanted."""
    query, order = page_query(wanted, after)
    in_index: Document = {name: query[name] for name in ("state.state", "state.list_at", "$nor") if name in query}
    in_index |= {"state.entity": {"$in": list(entities)}, "state.found_by": {"$in": list(rarest)}}
    others = [{"state.found_by": {"$in": list(group)}} for group in wanted.signs if group != rarest]
    return [
        {"$match": in_index},
        {"$sort": dict(order)},
        *([{"$limit": most}] if most else []),
        {"$match": query | ({"$and": others} if others else {})},
    ]


def search_index(wanted: Wanted) -> str:
    """The name of the index over the signs of what is under way, or of what is over; of both at once there is none."""
    return "found_under_way" if set(wanted.states) <= set(UNDER_WAY) else "found_over"
