"""Stores the due times that each rulebook moved, written with the clocks (`Clocks.save`), and the clocks that the
newest rulebook failed for."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Aggregates, Document

from sla_monitor.clocks.moves import Move
from sla_monitor.clocks.store import SOURCE
from sla_monitor.recalculation.moves import Digest, Tallies, Tally
from sla_monitor.timekeeping.custody import State

JUDGED = "judged"

KEPT_SECONDS = 400 * 86_400
"""Moves are kept this long after the new due time."""


class MoveStore:
    def __init__(self, moves: AsyncCollection[Document], progress: AsyncCollection[Document]) -> None:
        self.collection = moves
        self.progress = progress

    async def ensure_indexes(self) -> None:
        await self.collection.create_index([("version", 1), ("entity", 1), ("_id", 1)], name="of_rulebook")
        await self.collection.create_index("due_at", name="kept", expireAfterSeconds=KEPT_SECONDS)

    async def tallies(self, version: int, published_at: datetime) -> Tallies:
        """Return the counts of moves by entity, and in all."""
        was_late, is_late = ({"$lte": [due_at, published_at]} for due_at in ("$from_due_at", "$due_at"))
        runs = {"$ne": ["$state", State.PAUSED]}
        groups = await self.collection.aggregate(
            [
                {"$match": {"version": version}},
                {
                    "$group": {
                        "_id": "$entity",
                        "moved": {"$sum": 1},
                        "later": _number({"$gt": ["$due_at", "$from_due_at"]}),
                        "earlier": _number({"$lt": ["$due_at", "$from_due_at"]}),
                        "late_now": _number({"$and": [runs, is_late, {"$not": [was_late]}]}),
                        "in_time_again": _number({"$and": [runs, was_late, {"$not": [is_late]}]}),
                    }
                },
            ]
        )
        tallies = Tallies(published_at)
        async for group in groups:
            tallies.add(group.pop("_id"), Tally(**group))
        return tallies

    async def some(
        self, version: int, entity: str | None, after: str, most: int, without: Collection[str] = ()
    ) -> Sequence[Move]:
        """Return the moves of submissions after this one, by id, `without` these."""
        left_out = [f"{version}/{submission}" for submission in without]
        query: Document = {"version": version, "_id": {"$gt": f"{version}/{after}", "$nin": left_out}}
        if entity is not None:
            query["entity"] = entity
        found = self.collection.find(query, sort=[("_id", 1)], limit=most)
        return [Move.model_validate(document) async for document in found]

    async def note_failed(self, version: int, submissions: Collection[str]) -> None:
        """Store the submissions that the newest rulebook failed for, or whose move could not be published."""
        failed = {"version": version, "failed": [*submissions]}
        await self.progress.update_one({"_id": JUDGED}, {"$set": failed}, upsert=True)

    async def failed(self, version: int) -> list[str]:
        """Return the submissions that this rulebook failed for, unless a later one succeeded."""
        found = await self.progress.find_one({"_id": JUDGED, "version": {"$gte": version}})
        return found["failed"] if found else []


def _number(condition: Document) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


DIGESTS = "digests"


class Digests(Aggregates[Digest]):
    """Stores the summary of moves published for each entity, by `ENTITY:rules-VERSION`."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[DIGESTS], Digest, SOURCE)
