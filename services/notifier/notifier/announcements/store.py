"""Announcements that have not reached all of their readers yet."""

from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document

from notifier.announcements.model import Announcement

COLLECTION = "announcements"


def announcement_record(announcement: Announcement) -> tuple[str, Document]:
    """As a record of a decision: stored with the case that it is about."""
    return COLLECTION, {"_id": announcement.id, **announcement.model_dump(exclude={"id"}, by_alias=True)}


def read_announcement(document: Document) -> Announcement:
    return Announcement.model_validate({**document, "id": document["_id"]})


class Announcements:
    """`aside` stands in those that this version could not tell."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index([("aside", 1), ("fact.time", 1)], name="oldest")

    async def take_up_again(self) -> int:
        """How many were set aside, and are among the others again."""
        taken = await self.collection.update_many({"aside": True}, {"$unset": {"aside": 1}})
        return taken.modified_count

    async def oldest(self) -> Document | None:
        return await self.collection.find_one({"aside": None}, sort=[("fact.time", 1)])

    async def got_to(self, id: str, reader: str) -> None:
        await self.collection.update_one({"_id": id}, {"$max": {"after": reader}})

    async def set_aside(self, id: str) -> None:
        await self.collection.update_one({"_id": id}, {"$set": {"aside": True}})

    async def done(self, id: str) -> None:
        await self.collection.delete_one({"_id": id})

    async def forget_submission(self, id: str) -> None:
        """Its author was erased."""
        await self.collection.delete_many({"submission_id": id})
