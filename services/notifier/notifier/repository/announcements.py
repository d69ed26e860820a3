"""Announcements that have not reached all of their readers yet."""

from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document

from notifier.domain.announcements import Announcement

COLLECTION = "announcements"


def announcement_record(announcement: Announcement) -> tuple[str, Document]:
    """As a record of a decision: stored with the case that it is about."""
    return COLLECTION, {"_id": announcement.id, **announcement.model_dump(exclude={"id"}, by_alias=True)}


class Announcements:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def next(self) -> Announcement | None:
        """The oldest; several processes may tell the same one, which does no harm."""
        found = await self.collection.find_one({}, sort=[("fact.time", 1)])
        return Announcement.model_validate({**found, "id": found["_id"]}) if found else None

    async def got_to(self, id: str, reader: str) -> None:
        await self.collection.update_one({"_id": id}, {"$max": {"after": reader}})

    async def done(self, id: str) -> None:
        await self.collection.delete_one({"_id": id})
