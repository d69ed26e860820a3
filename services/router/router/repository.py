"""The router's collections: assignments and the queries on them, and the items of the directory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Aggregate, Aggregates, Document
from shared.cursors import Place

from router.domain.assignment import Assignment
from router.domain.life import LOOKED_INTO, OPEN, RUNNING, TO_DO, WORKED_ON, State

SOURCE = "/tawasul/router"
ASSIGNMENTS = "assignments"
DIRECTORY = "directory"
TURNS = "turns"
COUNTED_AT_MOST = 1_000
"""Of a view: whoever has more before them needs no exact number."""

DEPTH_AT_MOST = 10_000
"""Of triage: an alert looks at it."""


@dataclass(frozen=True)
class Wanted:
    """Which assignments of a list; all that is given must hold. `reference` is how the reference number begins;
    `proposed`: with an answer that waits for approval; `official`: who of the entity has it, empty for nobody."""

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


@dataclass(frozen=True)
class Load:
    """What one entity has before it, and what it has done."""

    entity: str
    open: int = 0
    overdue: int = 0
    today: int = 0
    waiting: int = 0
    answered: int = 0


@dataclass(frozen=True)
class Correction:
    """A text that a person placed, and where."""

    text: str
    language: str
    category: str | None
    entity: str


@dataclass(frozen=True)
class AlikeTo:
    """Which may be alike: those that have one of `keys` and all else that is given."""

    keys: Sequence[str]
    states: Sequence[State]
    since: datetime
    most: int
    entity: str | None = None


TRAITS = ("submission.reference", "submission.text", "submission.location", "submission.received_at")
ALIKE_BY = {f"state.{name}": 1 for name in (*TRAITS, "category", "entity", "state", "public", "understood")}


OF_ITS_OWN: Document = {"state.submission.text": {"$gt": ""}, "state.erased": {"$ne": True}, "state.parent": None}
"""What its author wrote and is kept: nothing of persons who were erased, and a part is none."""


class Assignments(Aggregates[Assignment]):
    """One per submission, under its id."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[ASSIGNMENTS], Assignment, SOURCE)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        # What stands behind `_id` is looked at in the index, so that filters and counts read no documents.
        behind = ["state.list_at", "_id", "state.category", "state.due.target"]
        await self.collection.create_index(["state.entity", "state.state", *behind], name="of_an_entity")
        await self.collection.create_index(["state.state", *behind], name="of_all")
        await self.collection.create_index("state.submission.reference", name="reference")
        await self.collection.create_index(
            ["state.entity", "state.list_at", "_id"],
            name="proposed",
            partialFilterExpression={"state.proposed.at": {"$exists": True}},
        )
        await self.collection.create_index(
            ["state.entity", "state.charge.official", "state.state", *behind],
            name="in_charge",
            partialFilterExpression={"state.charge.official": {"$exists": True}},
        )
        await self.collection.create_index(
            ["state.entity", "state.list_at", "_id"],
            name="unstaffed",
            partialFilterExpression={"state.unstaffed": True},
        )
        await self.collection.create_index(
            ["state.answered_at", "state.entity"],
            name="answered",
            partialFilterExpression={"state.answered_at": {"$gt": datetime.fromtimestamp(0, UTC)}},
        )
        await self.collection.create_index(
            ["state.like", ("state.submission.received_at", DESCENDING), "state.state"], name="alike"
        )
        await self.collection.create_index(
            "state.parent.id", name="sub_cases", partialFilterExpression={"state.parent.id": {"$exists": True}}
        )
        await self.collection.create_index(
            "state.tells_sub_cases",
            name="tells_sub_cases",
            partialFilterExpression={"state.tells_sub_cases": True},
        )
        await self.collection.create_index(
            "state.duplicates", name="leading", partialFilterExpression={"state.duplicates": {"$exists": True}}
        )

    async def page(self, wanted: Wanted, after: Place | None, limit: int) -> list[Aggregate[Assignment]]:
        """What is due first, first; or, where it is over, what was due last."""
        query, order = page_query(wanted, after)
        found = self.collection.find(query, {"outbox": 0, "commands": 0, "state.history": 0}).sort(order).limit(limit)
        if wanted.reference:
            found = found.hint("reference")
        return [self.read({**document, "commands": {}}) async for document in found]

    async def count(self, wanted: Wanted, most: int = COUNTED_AT_MOST) -> int:
        """Up to `most`."""
        query, _ = page_query(wanted, None)
        # An open one has been decided, and where this is not asked no document is read.
        del query["state.decided"]
        return await self.collection.count_documents(query, limit=most)

    async def by_reference(self, reference: str) -> Aggregate[Assignment] | None:
        document = await self.collection.find_one({"state.submission.reference": reference}, {"outbox": 0})
        return self.read(document) if document else None

    async def loads(self, entity: str | None, now: datetime, tonight: datetime, since: datetime) -> list[Load]:
        """Of one entity or of all: what is open now, and what was answered since."""
        own: Document = {} if entity is None else {"state.entity": entity}
        opened = await self.collection.aggregate(
            [
                {"$match": {"state.state": {"$in": list(TO_DO)}, **own}},
                {"$group": {"_id": "$state.entity", "open": {"$sum": 1}, **_sums(now, tonight)}},
            ]
        )
        answered = await self.collection.aggregate(
            [
                {"$match": {"state.answered_at": {"$gte": since}, **own}},
                {"$group": {"_id": "$state.entity", "answered": {"$sum": 1}}},
            ]
        )
        found: dict[str, Document] = {}
        for cursor in (opened, answered):
            async for group in cursor:
                found.setdefault(group.pop("_id"), {}).update(group)
        return [Load(id, **numbers) for id, numbers in found.items()]

    async def unstaffed(self, entities: Sequence[str], limit: int) -> list[Aggregate[Assignment]]:
        """What came to these entities and nobody of them has, what is due first, first; without its history."""
        query = {"state.unstaffed": True, "state.entity": {"$in": list(entities)}}
        return [each async for each in self._brief(query, limit)]

    async def of_officials(self, entity: str, officials: Sequence[str], limit: int) -> list[Aggregate[Assignment]]:
        """What these have, as far as there is something to do."""
        query = _had_by(officials) | {"state.entity": entity}
        return [each async for each in self._brief(query, limit)]

    async def in_charge(self, entities: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many open cases each official has, by entity."""
        query = _had_by(None) | {"state.entity": {"$in": list(entities)}}
        of = {"entity": "$state.entity", "official": "$state.charge.official"}
        groups = await self.collection.aggregate([{"$match": query}, {"$group": {"_id": of, "open": {"$sum": 1}}}])
        found: dict[str, dict[str, int]] = {}
        async for group in groups:
            found.setdefault(group["_id"]["entity"], {})[group["_id"]["official"]] = group["open"]
        return found

    async def loads_within(self, entity: str, now: datetime, tonight: datetime) -> list[Load]:
        """Of one entity, by who has it; what nobody has is under an empty name."""
        groups = await self.collection.aggregate(
            [
                {"$match": {"state.state": {"$in": list(TO_DO)}, "state.entity": entity}},
                {
                    "$group": {
                        "_id": {"$ifNull": ["$state.charge.official", ""]},
                        "open": {"$sum": 1},
                        **_sums(now, tonight),
                    }
                },
            ]
        )
        return [Load(group.pop("_id"), **group) async for group in groups]

    async def _brief(self, query: Document, limit: int) -> AsyncIterator[Aggregate[Assignment]]:
        kept = {"outbox": 0, "commands": 0, "state.history": 0}
        order = [("state.list_at", ASCENDING), ("_id", ASCENDING)]
        async for document in self.collection.find(query, kept).sort(order).limit(limit):
            yield self.read({**document, "commands": {}})

    async def corrections(self, most: int) -> list[Correction]:
        """What officials placed or moved on, the newest first; nothing of persons who were erased."""
        placed = {"state.decided.by": "person", **OF_ITS_OWN}
        wanted = {"state.submission.text": 1, "state.submission.language": 1, "state.category": 1, "state.entity": 1}
        found = self.collection.find(placed, wanted).sort("state.submission.received_at", DESCENDING).limit(most)
        return [
            Correction(
                text=document["state"]["submission"]["text"],
                language=document["state"]["submission"]["language"],
                category=document["state"].get("category"),
                entity=document["state"]["entity"],
            )
            async for document in found
        ]

    async def past(self, most: int) -> list[Assignment]:
        """What came in, the newest first, without its history; nothing of persons who were erased."""
        written = OF_ITS_OWN
        wanted = {"state.submission": 1, "state.category": 1, "state.entity": 1, "state.decided": 1, "state.state": 1}
        found = self.collection.find(written, wanted).sort("$natural", DESCENDING).limit(most)
        return [Assignment.model_validate(document["state"]) async for document in found]

    async def alike(self, asked: AlikeTo) -> list[Document]:
        """As stored, with what tells how alike they are; the newest first."""
        query: Document = {
            "state.like": {"$in": list(asked.keys)},
            "state.submission.received_at": {"$gte": asked.since},
            "state.state": {"$in": list(asked.states)},
        }
        if asked.entity is not None:
            query["state.entity"] = asked.entity
        found = self.collection.find(query, ALIKE_BY).hint("alike")
        found = found.sort("state.submission.received_at", DESCENDING).limit(asked.most)
        return await found.to_list()

    async def leading(self, most: int) -> list[Aggregate[Assignment]]:
        """Those with duplicates that wait for their answer and are not worked on any more."""
        query = {"state.duplicates": {"$exists": True}, "state.state": {"$nin": [*WORKED_ON]}}
        found = self.collection.find(query, {"outbox": 0}).hint("leading").limit(most)
        return [self.read(document) async for document in found]

    async def sub_cases_of(self, parents: Sequence[str]) -> list[Aggregate[Assignment]]:
        """The parts of these submissions, in the order in which they were opened."""
        found = self.collection.find({"state.parent.id": {"$in": list(parents)}}, {"outbox": 0, "commands": 0})
        return [
            self.read({**document, "commands": {}})
            async for document in found.sort([("state.submission.received_at", ASCENDING), ("_id", ASCENDING)])
        ]

    async def telling_sub_cases(self, most: int) -> list[Aggregate[Assignment]]:
        """Those whose parts are to follow what became of them."""
        found = self.collection.find({"state.tells_sub_cases": True}, {"outbox": 0}).limit(most)
        return [self.read(document) async for document in found]

    async def without_keys(self) -> AsyncIterator[str]:
        """Open ones that an earlier version stored, which are not found as alike yet."""
        query = {"state.state": {"$in": [*OPEN]}, "state.like": {"$exists": False}, "state.parent": None}
        async for document in self.collection.find(query, {"_id": 1}):
            yield document["_id"]

    async def triage_depth(self) -> tuple[int, datetime | None]:
        """How many wait for a person (counted up to a bound), and when the one that is due first came in."""
        waiting = {"state.state": State.IN_TRIAGE.value}
        depth = await self.collection.count_documents(waiting, limit=DEPTH_AT_MOST, hint="of_all")
        first = await self.collection.find_one(
            waiting, {"state.submission.received_at": 1}, sort=[("state.list_at", 1), ("_id", 1)]
        )
        return depth, first["state"]["submission"]["received_at"] if first else None


def page_query(wanted: Wanted, after: Place | None) -> tuple[Document, list[tuple[str, int]]]:
    """What to find and in which order; the indexes give it without sorting, but for the few of a reference number."""
    # What was withdrawn before it came here has been decided by nobody, and is on nobody's list.
    query: Document = {"state.state": {"$in": list(wanted.states)}, "state.decided": {"$ne": None}}
    if wanted.entity is not None:
        query["state.entity"] = wanted.entity
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
        query["$nor"] = [{"state.list_at": time, "_id": {beyond: id}}]
    if at:
        query["state.list_at"] = at
    direction = DESCENDING if wanted.newest_first else ASCENDING
    return query, [("state.list_at", direction), ("_id", direction)]


def _had_by(officials: Sequence[str] | None) -> Document:
    had: Document = {"$exists": True} if officials is None else {"$exists": True, "$in": list(officials)}
    return {"state.charge.official": had, "state.state": {"$in": list(LOOKED_INTO)}}


def _sums(now: datetime, tonight: datetime) -> Document:
    """While the citizen is waited for the clock stands, and nothing is late."""
    waits = {"$eq": ["$state.state", State.AWAITING_CITIZEN.value]}
    runs = {"$and": [{"$gt": ["$state.due.target", ""]}, {"$in": ["$state.state", list(RUNNING)]}]}
    late = {"$lte": ["$state.list_at", now]}
    return {
        "overdue": _sum_of(runs, late),
        "today": _sum_of(runs, {"$not": [late]}, {"$lt": ["$state.list_at", tonight]}),
        "waiting": _sum_of(waits),
    }


def _sum_of(*conditions: Document) -> Document:
    return {"$sum": {"$cond": [{"$and": list(conditions)}, 1, 0]}}


class Turns:
    """Whose turn it is: how many each entity's officials were given, one after the other."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[TURNS]

    async def next(self, entity: str) -> int:
        """From 0, and each number once."""
        counted = await self.collection.find_one_and_update(
            {"_id": entity}, {"$inc": {"given": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        assert counted is not None
        return int(counted["given"]) - 1


class Item(BaseModel):
    """One entity, official or category as it was last announced, in which publication."""

    publication: int
    data: dict[str, Any]


class DirectoryItems(Aggregates[Item]):
    """One per entity, official and category, under the key it is published with (`entity:works`)."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[DIRECTORY], Item, SOURCE)

    async def ids(self) -> set[str]:
        return {document["_id"] async for document in self.collection.find({}, {"_id": 1})}
