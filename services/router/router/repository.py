"""The router's collections: assignments and the queries on them, and the items of the directory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import BY_ID, Aggregate, Aggregates, Document
from shared.cursors import Place

from router.domain.assignment import Assignment
from router.domain.life import LOOKED_INTO, OVER, RUNNING, TO_DO, UNDER_WAY, WORKED_ON, State
from router.domain.sight import Sight
from router.indexes import EARLIER, INDEXES, SIGNS_UNDER_WAY
from router.wanted import (
    LOOKED_THROUGH,
    READ_AT_ONCE,
    READ_THROUGH,
    AlikeTo,
    Found,
    Having,
    Wanted,
    candidates,
    candidates_query,
    hidden_from,
    page_query,
    seen_by,
    signs_index,
    signs_queries,
)

SOURCE = "/tawasul/router"
ASSIGNMENTS = "assignments"
DIRECTORY = "directory"
COUNTED_AT_MOST = 1_000
"""Of a view: whoever has more before them needs no exact number."""

LIKE_LOOKED_THROUGH = 500
"""Of those with a key, the newest; the state is not in the index, where each change of it would write all keys."""

DEPTH_AT_MOST = 10_000
"""Of triage: an alert looks at it."""


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


TRAITS = ("submission.reference", "submission.text", "submission.location", "submission.received_at")
LISTED = {"outbox": 0, "commands": 0, "state.history": 0}
STANDING = {"_id": 1, "state.submission.received_at": 1}
ALIKE_BY = {f"state.{name}": 1 for name in (*TRAITS, "category", "entity", "state", "public", "understood")}


OF_ITS_OWN: Document = {"state.submission.text": {"$gt": ""}, "state.erased": {"$ne": True}, "state.parent": None}
"""What its author wrote and is kept: nothing of persons who were erased, and a part is none."""


class Assignments(Aggregates[Assignment]):
    """One per submission, under its id."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[ASSIGNMENTS], Assignment, SOURCE)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_indexes(INDEXES)
        for name in EARLIER:
            await self.drop_earlier_index(name)

    async def look(self, wanted: Wanted, after: Place | None, limit: int) -> Found:
        """A page of a list, or of what has all signs that are wanted. A page of a search may hold fewer, as what it
        looks through is bounded; `end` then goes on."""
        if wanted.signs:
            return await self._search(wanted, after, limit)
        items = await self.page(wanted, after, limit + 1)
        return Found(items[:limit], wanted.place(items[limit - 1]) if len(items) > limit else None)

    async def page(self, wanted: Wanted, after: Place | None, limit: int) -> list[Aggregate[Assignment]]:
        """What is due first, first; or, where it is over, what was due last."""
        if wanted.signs:
            return (await self._search(wanted, after, limit)).items
        query, order = page_query(wanted, after)
        found = self.collection.find(query, LISTED).sort(order).limit(limit)
        if wanted.reference:
            found = found.hint("reference")
        return [self.read({**document, "commands": {}}) async for document in found]

    async def _search(self, wanted: Wanted, after: Place | None, limit: int) -> Found:
        """The newest first. Who has each sign is read from the index alone; documents, of those that may have all."""
        entities = [wanted.entity] if wanted.entity else await self.collection.distinct("state.entity")
        groups = await asyncio.gather(*(self._having(wanted, entities, group, after) for group in wanted.signs))
        meant = candidates(groups)
        items: list[Aggregate[Assignment]] = []
        for begin in range(0, min(len(meant.places), READ_THROUGH), READ_AT_ONCE):
            these = meant.places[begin : min(begin + READ_AT_ONCE, READ_THROUGH)]
            found = self.collection.find(candidates_query(wanted, these), LISTED).hint(BY_ID)
            documents = {document["_id"]: document async for document in found}
            items += [self.read({**documents[id], "commands": {}}) for _, id in these if id in documents]
            if len(items) > limit:
                return Found(items[:limit], wanted.place(items[limit - 1]))
        end = meant.places[READ_THROUGH - 1] if len(meant.places) > READ_THROUGH else meant.end
        return Found(items, end, is_full=len(items) == limit)

    async def _having(
        self, wanted: Wanted, entities: Sequence[str], signs: Sequence[str], after: Place | None
    ) -> Having:
        """Who has one of the signs, up to a bound."""
        places: list[Place] = []
        for query in signs_queries(wanted, entities, signs, after):
            left = LOOKED_THROUGH - len(places)
            if left > 0:
                found = self.collection.find(query, STANDING).sort(wanted.order).limit(left)
                places += [_place(document) for document in await found.hint(signs_index(wanted)).to_list()]
        return Having(places, places[-1] if len(places) == LOOKED_THROUGH else None)

    async def count(self, wanted: Wanted, most: int = COUNTED_AT_MOST) -> int:
        """Up to `most`."""
        return (await self.counts([wanted], most))[0]

    async def counts(self, lists: Sequence[Wanted], most: int = COUNTED_AT_MOST) -> list[int]:
        """Of each up to `most`. What is confidential is counted apart, where there is any: it is little, and has an
        index of its own."""
        sights = list({wanted.sight for wanted in lists if wanted.sight is not None})
        hide = await asyncio.gather(*map(self._hides, sights))
        hiding = {sight for sight, hides in zip(sights, hide, strict=True) if hides}
        return await asyncio.gather(*(self._count(wanted, wanted.sight in hiding, most) for wanted in lists))

    async def _hides(self, sight: Sight) -> bool:
        """Whether anything is confidential and not for this sight."""
        query = hidden_from(sight) | ({"state.entity": sight.entity} if sight.entity is not None else {})
        return await self.collection.find_one(query, {"_id": 1}, hint="confidential") is not None

    async def _count(self, wanted: Wanted, hides: bool, most: int) -> int:
        query, _ = page_query(replace(wanted, sight=None), None)
        # An open one has been decided, and where this is not asked no document is read.
        del query["state.decided"]
        query |= seen_by(wanted.sight, with_confidential=True)
        unseen = 0
        if hides and wanted.sight is not None:
            unseen = await self.collection.count_documents(query | hidden_from(wanted.sight), hint="confidential")
        return min(most, await self.collection.count_documents(query, limit=most + unseen) - unseen)

    async def by_reference(self, reference: str) -> Aggregate[Assignment] | None:
        document = await self.collection.find_one({"state.submission.reference": reference}, {"outbox": 0})
        return self.read(document) if document else None

    async def of_author(self, key: str, entity: str, sight: Sight, most: int) -> list[Aggregate[Assignment]]:
        """What one author sent that this entity has or had the answer to, the newest first; without histories."""
        query = {"state.author_key": key, "state.entity": entity, "state.decided": {"$ne": None}} | seen_by(sight)
        kept = {"outbox": 0, "commands": 0, "state.history": 0, "state.found_by": 0}
        found = self.collection.find(query, kept).sort("state.submission.received_at", DESCENDING).limit(most)
        return [self.read({**document, "commands": {}}) async for document in found]

    async def loads(self, sight: Sight, now: datetime, tonight: datetime, since: datetime) -> list[Load]:
        """Of one entity or of all: what is open now, and what was answered since. Numbers alone: what is confidential
        counts as well."""
        own = {} if sight.entity is None else {"state.entity": sight.entity}
        own |= seen_by(sight, with_confidential=True)
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

    async def loads_within(self, entity: str, sight: Sight, now: datetime, tonight: datetime) -> list[Load]:
        """Of one entity, by who has it; what nobody has is under an empty name."""
        own = {"state.entity": entity} | seen_by(sight, with_confidential=True)
        groups = await self.collection.aggregate(
            [
                {"$match": {"state.state": {"$in": list(TO_DO)}, **own}},
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
        """What officials placed or moved on, the newest first; nothing confidential, nor of persons who were erased."""
        placed = {"state.decided.by": "person", "state.named": None, **OF_ITS_OWN}
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
        """As stored, with what tells how alike they are; the newest first; of a key that many have, only the newest are
        looked at."""
        in_index = {"state.like": {"$in": list(asked.keys)}, "state.submission.received_at": {"$gte": asked.since}}
        query: Document = {"state.state": {"$in": list(asked.states)}} | seen_by(asked.sight)
        if asked.sight.entity is not None:
            query["state.entity"] = asked.sight.entity
        stages: list[Document] = [
            {"$match": in_index},
            {"$sort": {"state.submission.received_at": DESCENDING}},
            {"$limit": LIKE_LOOKED_THROUGH},
            {"$match": query},
            {"$limit": asked.most},
            {"$project": ALIKE_BY},
        ]
        return await (await self.collection.aggregate(stages, hint="alike_by_receipt")).to_list()

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
        """What is under way and was stored by a version that made no keys or signs of it."""
        query = {"state.state": {"$in": [*UNDER_WAY]}, "state.found_by": {"$in": [None, []]}, "state.parent": None}
        async for document in self.collection.find(query, {"_id": 1}):
            yield document["_id"]

    async def file_signs(self) -> None:
        """Of what is over and was written by a version that kept all signs in one field."""
        moved = {"$cond": [{"$gt": ["$state.found_by", []]}, "$state.found_by", "$state.found_over"]}
        await self.collection.update_many(
            {"state.found_by": {"$exists": True}, "state.state": {"$in": [*OVER]}},
            [{"$set": {"state.found_over": moved}}, {"$unset": "state.found_by"}],
            hint=SIGNS_UNDER_WAY,
        )

    async def triage_depth(self) -> tuple[int, datetime | None]:
        """How many wait for a person (counted up to a bound), and when the one that is due first came in."""
        waiting = {"state.state": State.IN_TRIAGE.value}
        depth = await self.collection.count_documents(waiting, limit=DEPTH_AT_MOST, hint="of_all")
        first = await self.collection.find_one(
            waiting, {"state.submission.received_at": 1}, sort=[("state.list_at", 1), ("_id", 1)]
        )
        return depth, first["state"]["submission"]["received_at"] if first else None


def _place(document: Document) -> Place:
    return document["state"]["submission"]["received_at"], document["_id"]


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
