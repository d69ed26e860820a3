"""The inbox: ids of the events this service has taken, so that a redelivered one has no second effect."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from shared.storage.aggregates import Document, raise_if_duplicate

KEPT = timedelta(days=31)
"""A day longer than the topics keep their records: what can be redelivered is remembered."""


class Inbox:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["inbox"]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("at", name="expiry", expireAfterSeconds=int(KEPT.total_seconds()))

    async def known(self, ids: Sequence[str]) -> set[str]:
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"_id": 1})
        return {document["_id"] async for document in found}

    async def add(self, ids: Sequence[str], now: datetime, session: AsyncClientSession) -> None:
        """Raises VersionMiss where another process took one of them first."""
        try:
            await self.collection.insert_many([{"_id": id, "at": now} for id in ids], ordered=False, session=session)
        except BulkWriteError as error:
            raise_if_duplicate(error)
            raise

    async def forget(self, ids: Sequence[str]) -> None:
        """For an event whose effect is gone: as if it had never been taken."""
        await self.collection.delete_many({"_id": {"$in": list(ids)}})
