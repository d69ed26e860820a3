"""Counts the messages of each address and day: the notifications that have a place within the daily limit."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document


class DayCounts:
    """One document for each address, as its mark, and day."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["told_today"]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("until", name="expiry", expireAfterSeconds=0)

    async def take_places(self, wanted: Mapping[str, Sequence[str]], most: int, until: datetime) -> set[str]:
        """The ids that have a place, of those wanted by day and address; the same again has the same place.

        `until`: when nobody asks any more.
        """
        if not wanted:
            return set()
        await self.collection.bulk_write(
            [UpdateOne({"_id": key}, [{"$set": _with(ids, most, until)}], upsert=True) for key, ids in wanted.items()],
            ordered=False,
        )
        found = self.collection.find({"_id": {"$in": list(wanted)}})
        return {id async for day in found for id in set(wanted[day["_id"]]) & set(day["ids"])}


def _with(ids: Sequence[str], most: int, until: datetime) -> Document:
    placed = {"$ifNull": ["$ids", []]}
    new = {"$filter": {"input": list(ids), "cond": {"$not": [{"$in": ["$$this", placed]}]}}}
    return {"ids": {"$slice": [{"$concatArrays": [placed, new]}, most]}, "until": until}
