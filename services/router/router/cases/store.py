"""The router's collections: assignments and the queries on them, and the items of the directory."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Aggregates, Document, StoredAggregate
from shared.storage.cursors import Place
from shared.storage.item_isolation import read_each

from router.cases.case_query import AlikeTo
from router.cases.indexes import EARLIER, INDEXES, SIGNS_UNDER_WAY
from router.cases.life import OVER, UNDER_WAY, WORKED_ON, State
from router.cases.listing import LISTED, Searching
from router.cases.model import ROUTER, Assignment
from router.cases.visibility import Visibility, visible_query
from router.staffing.loads import Loads, had_by

SOURCE = "/tawasul/router"
ASSIGNMENTS = "assignments"
DIRECTORY = "directory"
LIKE_LOOKED_THROUGH = 1_500
"""Of those with a key, the newest; the state is not in the index, where each change of it would write all keys."""

DEPTH_AT_MOST = 10_000
"""Of triage: an alert looks at it."""


@dataclass(frozen=True)
class Correction:
    """A text that a person placed, and where. Without `entity` it was the category alone that they corrected."""

    text: str
    language: str
    category: str | None
    entity: str | None


TRAITS = ("submission.reference", "submission.text", "submission.location", "submission.received_at")
ALIKE_BY = {f"state.{name}": 1 for name in (*TRAITS, "category", "entity", "state", "public", "understood")}


OF_ITS_OWN: Document = {"state.submission.text": {"$gt": ""}, "state.erased": {"$ne": True}, "state.parent": None}
"""What its author wrote and is kept: nothing of persons who were erased, and a part is none."""


BY_A_PERSON: Document = {"what": {"$in": ["SubmissionAssigned", "SubmissionRecategorised"]}, "who": {"$ne": ROUTER}}
"""What happened to it, where an official said whose or what it is."""


class Assignments(Searching, Loads):
    """One per submission, under its id."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[ASSIGNMENTS], Assignment, SOURCE)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_indexes(INDEXES)

    async def drop_earlier_indexes(self) -> None:
        """Not before processes of the version before have ended: they name these indexes in what they ask."""
        for name in EARLIER:
            await self.drop_earlier_index(name)

    async def by_reference(self, reference: str) -> StoredAggregate[Assignment] | None:
        document = await self.collection.find_one({"state.submission.reference": reference}, {"outbox": 0})
        return self.read(document) if document else None

    async def shown_beside(self, ids: Sequence[str]) -> dict[str, StoredAggregate[Assignment]]:
        """The stored ones among `ids`, as far as they can be read: the page that they stand on is another one's.
        Nothing is decided by them."""
        if not ids:
            return {}
        found = await self.collection.find({"_id": {"$in": list(ids)}}, {"outbox": 0, "commands": 0}).to_list()
        return {each.id: each for each in self.read_each(found)}

    async def of_author(
        self, key: str, entity: str, visibility: Visibility, most: int
    ) -> list[StoredAggregate[Assignment]]:
        """List the cases of one author that this entity has or had, the newest first, without histories."""
        query = {"state.author_key": key, "state.entity": entity, "state.decided": {"$ne": None}}
        query |= visible_query(visibility)
        kept = {"outbox": 0, "commands": 0, "state.history": 0, "state.found_by": 0, "state.found_over": 0}
        found = self.collection.find(query, kept).sort("state.submission.received_at", DESCENDING).limit(most)
        return self.read_each(await found.to_list())

    async def unstaffed(self, entities: Sequence[str], after: Place | None, limit: int) -> list[Document]:
        """What came to these entities and nobody of them has, what is due first, first, from behind this place on;
        without its history. As stored: one that cannot be read keeps no others waiting."""
        return await self._brief({"state.unstaffed": True, "state.entity": {"$in": list(entities)}}, after, limit)

    async def of_officials(
        self, entity: str, officials: Sequence[str], after: Place | None, limit: int
    ) -> list[Document]:
        """The same of what these have, as far as there is something to do."""
        return await self._brief(had_by(officials) | {"state.entity": entity}, after, limit)

    async def _brief(self, query: Document, after: Place | None, limit: int) -> list[Document]:
        if after is not None:
            at, id = after
            query |= {"state.list_at": {"$gte": at}, "$nor": [{"state.list_at": at, "_id": {"$lte": id}}]}
        order = [("state.list_at", ASCENDING), ("_id", ASCENDING)]
        return await self.collection.find(query, LISTED).sort(order).limit(limit).to_list()

    async def corrections(self, most: int) -> list[Correction]:
        """What officials placed, moved on or gave another category, the newest first, also where its author reopened it
        since; nothing that waits to be placed, is confidential, or is of persons who were erased."""
        corrected = {"state.history": {"$elemMatch": BY_A_PERSON}, "state.state": {"$ne": State.IN_TRIAGE.value}}
        query = {**corrected, "state.named": None, **OF_ITS_OWN}
        kept = ("submission.text", "submission.language", "category", "entity", "history.what", "history.who")
        found = self.collection.find(query, {f"state.{name}": 1 for name in kept})
        newest = found.sort("state.submission.received_at", DESCENDING).limit(most)
        return [_correction(document["state"]) async for document in newest]

    async def past(self, most: int) -> list[Assignment]:
        """List the newest cases without their histories, and none of persons who were erased."""
        written = OF_ITS_OWN
        wanted = {"state.submission": 1, "state.category": 1, "state.entity": 1, "state.decided": 1, "state.state": 1}
        found = self.collection.find(written, wanted).sort("$natural", DESCENDING).limit(most)
        return read_each("list", await found.to_list(), lambda document: Assignment.model_validate(document["state"]))

    async def alike(self, asked: AlikeTo) -> list[Document]:
        """As stored, with what tells how alike they are; the newest first; of a key that many have, only the newest are
        looked at."""
        in_index = {"state.like": {"$in": list(asked.keys)}, "state.submission.received_at": {"$gte": asked.since}}
        query: Document = {"state.state": {"$in": list(asked.states)}} | visible_query(asked.visibility)
        if asked.visibility.entity is not None:
            query["state.entity"] = asked.visibility.entity
        stages: list[Document] = [
            {"$match": in_index},
            {"$sort": {"state.submission.received_at": DESCENDING}},
            {"$limit": LIKE_LOOKED_THROUGH},
            {"$match": query},
            {"$limit": asked.most},
            {"$project": ALIKE_BY},
        ]
        return await (await self.collection.aggregate(stages, hint="alike_by_receipt")).to_list()

    async def leading(self, after: str, most: int) -> list[Document]:
        """Those with duplicates that wait for their answer and are not worked on any more, by their ids from behind
        this one on. As stored: one that cannot be read keeps no others waiting."""
        query = {"state.duplicates": {"$exists": True}, "state.state": {"$nin": [*WORKED_ON]}, "_id": {"$gt": after}}
        found = self.collection.find(query, {"outbox": 0}).hint("leading")
        return await found.sort("_id", ASCENDING).limit(most).to_list()

    async def sub_cases_of(self, parents: Sequence[str]) -> list[Document]:
        """The parts of these submissions, in the order in which they were opened. As stored: whoever shows them passes
        over one that cannot be read, and whoever decides by them does not."""
        if not parents:
            return []
        found = self.collection.find({"state.parent.id": {"$in": list(parents)}}, {"outbox": 0, "commands": 0})
        return await found.sort([("state.submission.received_at", ASCENDING), ("_id", ASCENDING)]).to_list()

    async def telling_sub_cases(self, after: str, most: int) -> list[Document]:
        """The same of those whose parts are to follow what became of them."""
        query = {"state.tells_sub_cases": True, "_id": {"$gt": after}}
        found = self.collection.find(query, {"outbox": 0}).hint("tells_sub_cases")
        return await found.sort("_id", ASCENDING).limit(most).to_list()

    async def without_keys(self) -> AsyncIterator[str]:
        """Yield open cases that have no keys or signs yet."""
        query = {"state.state": {"$in": [*UNDER_WAY]}, "state.found_by": {"$in": [None, []]}, "state.parent": None}
        async for document in self.collection.find(query, {"_id": 1}):
            yield document["_id"]

    async def file_signs(self) -> None:
        """Move the signs of ended cases into a field of their own."""
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


def _correction(state: Document) -> Correction:
    """The last word counts: with another category an entity may keep what is not its own."""
    said = [each["what"] for each in state["history"] if each["who"] != ROUTER]
    last = next(what for what in reversed(said) if what in BY_A_PERSON["what"]["$in"])
    return Correction(
        text=state["submission"]["text"],
        language=state["submission"]["language"],
        category=state.get("category"),
        entity=state["entity"] if last == "SubmissionAssigned" else None,
    )


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
