"""The router's collections: assignments and the queries on them, publications of the directory, and its items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel
from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from shared.aggregates import Aggregate, Aggregates, Document
from shared.answers import Answers, with_answer
from shared.commands import CommandKey
from shared.cursors import Place

from router.domain.assignment import Assignment
from router.domain.country import Country
from router.domain.life import State

SOURCE = "/tawasul/router"
ASSIGNMENTS = "assignments"
DIRECTORY = "directory"
COUNTED_AT_MOST = 10_000


class Assignments(Aggregates[Assignment]):
    """One per submission, under its id."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[ASSIGNMENTS], Assignment, SOURCE)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_index(
            ["state.entity", "state.state", "state.list_at", "_id"], name="of_an_entity_by_due"
        )
        await self.collection.create_index(["state.state", "state.list_at", "_id"], name="by_due")

    async def page(
        self, states: Sequence[State], entity: str | None, after: Place | None, limit: int
    ) -> list[Aggregate[Assignment]]:
        """What is due first, first; of one entity or of all."""
        query, order = page_query(states, entity, after)
        found = self.collection.find(query, {"outbox": 0, "commands": 0, "state.history": 0}).sort(order).limit(limit)
        return [self.read({**document, "commands": {}}) async for document in found]

    async def triage_depth(self) -> tuple[int, datetime | None]:
        """How many wait for a person (counted up to a bound), and when the one that is due first came in."""
        waiting = {"state.state": State.IN_TRIAGE.value}
        depth = await self.collection.count_documents(waiting, limit=COUNTED_AT_MOST, hint="by_due")
        first = await self.collection.find_one(
            waiting, {"state.submission.received_at": 1}, sort=[("state.list_at", 1), ("_id", 1)]
        )
        return depth, first["state"]["submission"]["received_at"] if first else None


def page_query(
    states: Sequence[State], entity: str | None, after: Place | None
) -> tuple[Document, list[tuple[str, int]]]:
    """What to find and in which order; both indexes give it without sorting."""
    # What was withdrawn before it came here has been decided by nobody, and is on nobody's list.
    query: Document = {"state.state": {"$in": list(states)}, "state.decided": {"$ne": None}}
    if entity is not None:
        query["state.entity"] = entity
    if after is not None:
        at, id = after
        query["state.list_at"] = {"$gte": at}
        # Not as $or: MongoDB would plan its branches apart and sort all they find.
        query["$nor"] = [{"state.list_at": at, "_id": {"$lte": id}}]
    return query, [("state.list_at", 1), ("_id", 1)]


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


@dataclass(frozen=True)
class Publication:
    version: int
    at: datetime
    by: str
    country: Country


class Publications:
    """Every directory that was ever published, whole, numbered from 1."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["publications"]
        self.answers = Answers(self.collection)

    async def ensure_indexes(self) -> None:
        """Beside `_id`, which is the version."""
        await self.answers.ensure_indexes()

    async def newest_version(self) -> int | None:
        newest = await self.collection.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return int(newest["_id"]) if newest else None

    async def read(self, version: int) -> Publication:
        """Raises LookupError."""
        document = await self.collection.find_one({"_id": version})
        if document is None:
            raise LookupError(f"publication {version}")
        country = Country.model_validate_json(document["country"])
        return Publication(version, document["at"], document["by"], country)

    async def add(
        self, publication: Publication, key: CommandKey | None = None, answer: Document | None = None
    ) -> bool:
        """False when another published under this number first, or this command did."""
        document = {
            "_id": publication.version,
            "at": publication.at,
            "by": publication.by,
            "country": orjson.dumps(publication.country.model_dump(mode="json", exclude_defaults=True)),
            **with_answer(key, answer),
        }
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True
