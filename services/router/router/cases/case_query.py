"""Describe which cases a list holds, and build the queries for MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ASCENDING, DESCENDING
from shared.storage.aggregates import Document, StoredAggregate
from shared.storage.cursors import Place
from shared.storage.paging import Page

from router.cases.indexes import PROPOSED, REFERENCE, SIGNS_OVER, SIGNS_UNDER_WAY
from router.cases.life import OVER, UNDER_WAY, State
from router.cases.model import Assignment
from router.cases.search_terms import Signs
from router.cases.visibility import EVERYTHING, Visibility, visible_query

Order = list[tuple[str, int]]

LOOKED_THROUGH, LOOKED_AT_FIRST = 2_000, 500
"""Of those with the rarest of several words of a search, the newest, by the index alone: first what mostly fills a
page, then the rest at once."""

READ_THROUGH, READ_AT_ONCE = 1_000, 100
"""Of those that have all words, held against all else that is wanted; a person then adds a word."""

NEVER: Place = (datetime.max.replace(tzinfo=UTC), "")


@dataclass(frozen=True)
class CaseQuery:
    """Which assignments of a list; all that is given must hold. `reference` is how the reference number begins;
    `proposed`: with an answer that waits for approval; `official`: who of the entity has it, empty for nobody;
    `signs`: at least one of each group (`cases.search_terms`); `visibility`: only what somebody may see, else all."""

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
    visibility: Visibility | None = None

    @property
    def order(self) -> Order:
        """A search by words is ordered by receipt, the newest first: a due time moves, and an index over
        signs would be written anew each time."""
        if self.signs:
            return [("state.submission.received_at", DESCENDING), ("_id", DESCENDING)]
        direction = DESCENDING if self.newest_first else ASCENDING
        return [("state.list_at", direction), ("_id", direction)]

    @property
    def index(self) -> str | None:
        """Name the index to use where it holds few cases; None lets the database choose."""
        if self.reference:
            return REFERENCE
        return PROPOSED if self.proposed else None


@dataclass(frozen=True)
class CasePage(Page[StoredAggregate[Assignment]]):
    """A page of a list, or of a search, which has looked as far as `end`. `is_full`: it has as many as were asked for,
    or else what is behind `end` was not looked at yet."""

    is_full: bool = True

    @property
    def is_whole(self) -> bool:
        return self.is_full or self.end is None


@dataclass(frozen=True)
class TermMatches:
    """Where those stand that have one of a group's signs, the newest first, and which entity has each; down to `end`,
    where there are more."""

    places: Mapping[Place, str]
    end: Place | None

    def leaves_open(self, places: Iterable[Place]) -> list[Place]:
        """Return the places behind the end of what was read, of which it is unknown whether they match."""
        return [place for place in places if self.end is not None and place < self.end]


def rarest(groups: Sequence[TermMatches]) -> int:
    """Which group fewest have; of those that were cut off, the rarest reaches back furthest."""
    complete = [number for number, group in enumerate(groups) if group.end is None]
    if complete:
        return min(complete, key=lambda number: len(groups[number].places))
    return min(range(len(groups)), key=lambda number: groups[number].end or NEVER)


@dataclass(frozen=True)
class AlikeTo:
    """Which may be alike: those that have one of `keys` and all else that is given."""

    keys: Sequence[str]
    states: Sequence[State]
    since: datetime
    most: int
    visibility: Visibility = EVERYTHING


def page_query(wanted: CaseQuery, after: Place | None) -> tuple[Document, Order]:
    """Return filter and order. Indexes give that order without sorting, but for a reference number."""
    # What was withdrawn before it came here has been decided by nobody, and is on nobody's list.
    query: Document = {"state.state": {"$in": list(wanted.states)}, "state.decided": {"$ne": None}}
    if wanted.entity is not None:
        query["state.entity"] = wanted.entity
    query |= visible_query(wanted.visibility)
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
    if wanted.due_from is not None or wanted.due_before is not None:
        query["state.due.target"] = {"$gt": ""}  # without a due time it is listed by the time of its receipt
        query["state.list_at"] = {"$gte": wanted.due_from} if wanted.due_from else {}
        query["state.list_at"] |= {"$lt": wanted.due_before} if wanted.due_before else {}
    if after is not None:
        (name, direction), (time, id) = wanted.order[0], after
        later, beyond = ("$gte", "$lte") if direction == ASCENDING else ("$lte", "$gte")
        at = query.setdefault(name, {})
        at[later] = max(time, at[later]) if later in at else time
        # Not as $or: MongoDB would plan its branches apart and sort all they find.
        query["$nor"] = [*query.get("$nor", ()), {name: time, "_id": {beyond: id}}]
    return query, wanted.order


def signs_queries(
    wanted: CaseQuery, entities: Sequence[str], signs: Sequence[str], after: Place | None
) -> Sequence[Document]:
    """Return queries, to run in this order, for cases with one of these signs: a $nor would read documents."""
    query: Document = {"state.entity": {"$in": list(entities)}, signs_field(wanted): {"$in": list(signs)}}
    if after is None:
        return [query]
    (name, _), (time, id) = wanted.order[0], after
    return [query | {name: time, "_id": {"$lt": id}}, query | {name: {"$lt": time}}]


def standing(query: Document, order: Order, limit: int) -> Sequence[Document]:
    """As stages, the places that a query of the signs' index finds: of each entity in this order, in two arrays. As so
    many documents they take twice as long to be read."""
    at, ids = {"$push": "$state.submission.received_at"}, {"$push": "$_id"}
    group = {"_id": "$state.entity", "at": at, "ids": ids}
    return [{"$match": query}, {"$sort": dict(order)}, {"$limit": limit}, {"$group": group}]


def probe_query(wanted: CaseQuery, entity: str, signs: Sequence[str], places: Sequence[Place]) -> Document:
    """Which of these of one entity have one of the signs, read at their places in the index alone."""
    times = list(dict.fromkeys(at for at, _ in places))
    return {"state.entity": entity, signs_field(wanted): {"$in": list(signs)}, wanted.order[0][0]: {"$in": times}}


def candidates_query(wanted: CaseQuery, places: Sequence[Place]) -> Document:
    """Which of these are wanted."""
    query, _ = page_query(wanted, None)
    field = signs_field(wanted)
    return query | {
        "_id": {"$in": [id for _, id in places]},
        "$and": [{field: {"$in": list(group)}} for group in wanted.signs],
    }


def signs_field(wanted: CaseQuery) -> str:
    """Where the signs stand of what is under way, or of what is over. Raises ValueError for both at once."""
    if set(wanted.states) <= set(UNDER_WAY):
        return "state.found_by"
    if set(wanted.states) <= set(OVER):
        return "state.found_over"
    raise ValueError("words under way and words that are over are not looked for at once")


def signs_index(wanted: CaseQuery) -> str:
    return {"state.found_by": SIGNS_UNDER_WAY, "state.found_over": SIGNS_OVER}[signs_field(wanted)]
