"""Notifications as their recipients read them: the in-app inbox."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document

from notifier.domain.notifications import Notification
from notifier.repository.notifications import COLLECTION, read_notification

MOST_COUNTED = 1_000


class InboxItems:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        only_inbox = {"channel": "inbox"}
        await self.collection.create_index(
            [("recipient", 1), ("created_at", -1), ("_id", -1)], name="inbox", partialFilterExpression=only_inbox
        )
        await self.collection.create_index(
            [("recipient", 1), ("read_at", 1)], name="unread", partialFilterExpression=only_inbox
        )

    async def page(self, recipient: str, before: tuple[datetime, str] | None, limit: int) -> Sequence[Notification]:
        """The newest first, those after `before` in that order."""
        mine: Document = {"channel": "inbox", "recipient": recipient}
        if before is not None:
            at, id = before
            mine["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id}}]
        found = self.collection.find(mine, sort=[("created_at", -1), ("_id", -1)], hint="inbox").limit(limit)
        return [read_notification(document) async for document in found]

    async def unread(self, recipient: str) -> int:
        """At most 1,000 are counted: nobody reads the difference."""
        mine = {"channel": "inbox", "recipient": recipient, "read_at": None}
        return await self.collection.count_documents(mine, hint="unread", limit=MOST_COUNTED)

    async def mark_read(self, id: str, recipient: str, now: datetime) -> Notification | None:
        """None where the recipient has no such item. The first reading counts."""
        mine = {"_id": id, "channel": "inbox", "recipient": recipient}
        document = await self.collection.find_one_and_update(
            mine, [{"$set": {"read_at": {"$ifNull": ["$read_at", now]}}}], return_document=ReturnDocument.AFTER
        )
        return read_notification(document) if document else None
