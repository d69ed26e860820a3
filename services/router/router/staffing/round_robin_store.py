"""Give cases to the officials of an entity in turn."""

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Document

TURNS = "turns"


class RoundRobin:
    """A counter for each entity: how many cases its officials were given in turn."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self.collection = collection

    async def next(self, entity: str) -> int:
        """From 0, and each number once."""
        counted = await self.collection.find_one_and_update(
            {"_id": entity}, {"$inc": {"given": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        assert counted is not None
        return int(counted["given"]) - 1
