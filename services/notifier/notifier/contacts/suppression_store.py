"""Addresses that get no more mail: each as a mark that only a holder of the contact keys can make."""

from collections.abc import Collection
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document

from notifier.contacts.suppression import STRENGTH, Suppressed


class Suppressions:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["suppressions"]

    async def ensure_indexes(self) -> None:
        """Everything is found by its mark, which is the id."""

    async def find(self, marks: Collection[str]) -> dict[str, Suppressed]:
        if not marks:
            return {}
        found = self.collection.find({"_id": {"$in": list(marks)}})
        return {document["_id"]: Suppressed(document["why"]) async for document in found}

    async def add(self, mark: str, why: Suppressed, now: datetime) -> None:
        """Once more does no harm; a stronger reason stays, and so does the first time."""
        weaker = [each.value for each, strength in STRENGTH.items() if strength <= STRENGTH[why]]
        replaces: Document = {"$in": [{"$ifNull": ["$why", why.value]}, weaker]}
        change = {"why": {"$cond": [replaces, why.value, "$why"]}, "since": {"$ifNull": ["$since", now]}}
        await self.collection.update_one({"_id": mark}, [{"$set": change}], upsert=True)

    async def lift(self, marks: Collection[str], why: Suppressed) -> bool:
        """Whether there was one, for this reason alone."""
        lifted = await self.collection.delete_many({"_id": {"$in": list(marks)}, "why": why.value})
        return lifted.deleted_count > 0
