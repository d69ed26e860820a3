"""Which due times each rulebook moved: written with the clocks (`Clocks.save`), read for its report; and which clocks
could not be brought under the newest one."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Document

from sla_monitor.clocks.custody import State
from sla_monitor.recalculation.moves import Move, Tallies, Tally

JUDGED = "judged"

KEPT_SECONDS = 400 * 86_400
"""After the due time that it came to."""


class MoveStore:
    def __init__(self, moves: AsyncCollection[Document], progress: AsyncCollection[Document]) -> None:
        self.collection = moves
        self.progress = progress

    async def ensure_indexes(self) -> None:
        await self.collection.create_index([("version", 1), ("entity", 1), ("_id", 1)], name="of_rulebook")
        await self.collection.create_index("due_at", name="kept", expireAfterSeconds=KEPT_SECONDS)

    async def tallies(self, version: int, published_at: datetime) -> Tallies:
        """By entity, and of all together."""
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
        """Those of submissions after this one, in the order of their ids, `without` these."""
        left_out = [f"{version}/{submission}" for submission in without]
        query: Document = {"version": version, "_id": {"$gt": f"{version}/{after}", "$nin": left_out}}
        if entity is not None:
            query["entity"] = entity
        found = self.collection.find(query, sort=[("_id", 1)], limit=most)
        return [Move.model_validate(document) async for document in found]

    async def note_failed(self, version: int, submissions: Collection[str]) -> None:
        """Those that this rulebook, the newest, could not judge, or of whose move nobody could be told."""
        failed = {"version": version, "failed": [*submissions]}
        await self.progress.update_one({"_id": JUDGED}, {"$set": failed}, upsert=True)

    async def failed(self, version: int) -> list[str]:
        """By this rulebook, as far as none that followed was tried on them with success."""
        found = await self.progress.find_one({"_id": JUDGED, "version": {"$gte": version}})
        return found["failed"] if found else []


def _number(condition: Document) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}
