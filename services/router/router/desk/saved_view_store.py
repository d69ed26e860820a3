"""Views of the inbox that an official keeps under a name: the filters of its address."""

from dataclasses import dataclass

from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Document

SAVED_VIEWS = "saved_views"
MOST = 20
"""Of one official; the oldest goes."""


@dataclass(frozen=True)
class SavedView:
    """`query` is the end of the inbox's address, from its question mark on; empty for the inbox as it is."""

    name: str
    query: str


class SavedViews:
    """One document per official, under the subject of the sign-in."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self.collection = collection

    async def ensure_indexes(self) -> None:
        """`_id` is enough."""

    async def of(self, subject: str) -> list[SavedView]:
        document = await self.collection.find_one({"_id": subject})
        return [SavedView(**view) for view in document["views"]] if document else []

    async def keep(self, subject: str, view: SavedView) -> None:
        """In place of one that has this name."""
        await self.remove(subject, view.name)
        added = {"$each": [{"name": view.name, "query": view.query}], "$slice": -MOST}
        await self.collection.update_one({"_id": subject}, {"$push": {"views": added}}, upsert=True)

    async def remove(self, subject: str, name: str) -> None:
        await self.collection.update_one({"_id": subject}, {"$pull": {"views": {"name": name}}})
