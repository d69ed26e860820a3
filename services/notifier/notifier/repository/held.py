"""Notifications that are held until a time: they are in no dispatcher's queue before."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document

from notifier.domain.notifications import Notification, State
from notifier.repository.notifications import COLLECTION, read_notification


class Held:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """Those whose time has come, the longest held first."""
        found = self.collection.find({"held_until": {"$lte": now}}, sort=[("held_until", 1)], hint="held").limit(limit)
        return [read_notification(document) async for document in found]

    async def let_go(self, ids: Collection[str], now: datetime) -> int:
        """They are due now, and count as news from now on."""
        released = await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "state": State.HELD.value},
            {
                "$set": {"state": State.CREATED.value, "next_at": now, "released_at": now, "changed_at": now},
                "$unset": {"held_until": 1, "reason": 1},
            },
        )
        return released.modified_count

    async def cancel(self, ids: Collection[str], reason: str, now: datetime) -> None:
        await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "state": State.HELD.value},
            {
                "$set": {"state": State.CANCELLED.value, "reason": reason, "changed_at": now},
                "$unset": {"held_until": 1, "params.text": 1},
            },
        )
