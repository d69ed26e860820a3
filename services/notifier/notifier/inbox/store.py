"""Notifications as their recipients read them: the in-app inbox, and how new it is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from bson import Timestamp
from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from shared.live.updates import Version
from shared.storage.aggregates import Document

from notifier.inbox.model import Reader
from notifier.notifications.model import ERASED, Notification
from notifier.notifications.store import COLLECTION, read_notification

MOST_COUNTED = 1_000
COUNTER_BITS = 18
"""The bits for the counter of the cluster time: enough for the writes of one second, and the whole number stays
exact in JavaScript.
"""

CLOCKS_DIFFER = timedelta(seconds=2)


@dataclass(frozen=True)
class InboxSnapshot:
    """A page of an inbox; `version` is how new it was when it was read."""

    items: Sequence[Notification]
    version: int


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

    async def read_page(self, reader: Reader, before: tuple[datetime, str] | None, limit: int) -> InboxSnapshot:
        """The newest first, those after `before` in that order."""
        mine = _theirs(reader)
        if before is not None:
            at, id = before
            mine["$and"] = [{"$or": [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id}}]}]
        async with self.collection.database.client.start_session() as session:
            found = self.collection.find(mine, sort=[("created_at", -1), ("_id", -1)], session=session).limit(limit)
            items = [read_notification(document) async for document in found]
            return InboxSnapshot(items, _number(session.operation_time))

    async def unread(self, reader: Reader) -> int:
        """At most 1,000 are counted: nobody reads the difference."""
        return await self.collection.count_documents({**_theirs(reader), "read_at": None}, limit=MOST_COUNTED)

    async def mark_read(self, id: str, reader: Reader, now: datetime) -> Notification | None:
        """None where the reader has no such item. The first reading counts."""
        document = await self.collection.find_one_and_update(
            {**_theirs(reader), "_id": id},
            [{"$set": {"read_at": {"$ifNull": ["$read_at", now]}}}],
            return_document=ReturnDocument.AFTER,
        )
        return read_notification(document) if document else None

    async def mark_all_read(self, reader: Reader, until: datetime, now: datetime) -> int:
        """How many were unread: those that were there at `until`, so that nothing is marked that nobody has seen."""
        unread = {**_theirs(reader), "read_at": None, "created_at": {"$lte": until}}
        return (await self.collection.update_many(unread, {"$set": {"read_at": now}})).modified_count


class InboxVersions:
    """For `shared.live.updates`: of each recipient, and of each submission's author, by the database's own time.

    No document counts them: the consumers of all processes would wait for one another to write it.
    """

    changes: Sequence[Document] = (
        {
            "$match": {
                "$or": [
                    {"operationType": "insert", "fullDocument.channel": "inbox"},
                    {"operationType": "update", "updateDescription.updatedFields.read_at": {"$exists": True}},
                ]
            }
        },
        {
            "$project": {
                "documentKey": 1,
                "clusterTime": 1,
                "fullDocument.recipient": 1,
                "fullDocument.submission_id": 1,
                "fullDocument.audience": 1,
            }
        },
    )

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def newest(self, ids: Collection[str]) -> Mapping[str, int]:
        """Not older than the newest item or reading of each, and never newer than now."""
        async with self.collection.database.client.start_session() as session:
            found: dict[str, int] = {}
            for id, field in product(ids, ("created_at", "read_at")):
                for theirs in (_theirs(Reader(id)), _theirs(Reader(None, (id,)))):
                    newest = await self.collection.find_one(theirs, {field: 1}, sort=[(field, -1)], session=session)
                    if newest is not None and newest.get(field):
                        upper = int((newest[field] + CLOCKS_DIFFER).timestamp()) << COUNTER_BITS
                        found[id] = max(found.get(id, 0), min(upper, _number(session.operation_time)))
            return found

    async def told_by(self, change: Document, listened: Collection[str]) -> Iterable[Version]:
        item: Any = change.get("fullDocument")
        if item is None:  # read: whose it is stands in the document alone
            wanted = {"recipient": 1, "submission_id": 1, "audience": 1}
            item = await self.collection.find_one({"_id": change["documentKey"]["_id"]}, wanted) or {}
        version = _number(change["clusterTime"])
        ids = {item.get("recipient"), item.get("submission_id") if item.get("audience") == "author" else None}
        return [(id, version) for id in ids if id]


def _theirs(reader: Reader) -> Document:
    """A filter for notifications to the person and to the authors of the submissions in scope."""
    whose: list[Document] = [{"recipient": reader.subject}] if reader.subject else []
    if reader.scope:
        submissions = {"$in": list(reader.scope)}
        whose.append({"submission_id": submissions, "audience": "author", "recipient": {"$ne": ERASED}})
    return {"channel": "inbox", "$or": whose} if len(whose) > 1 else {"channel": "inbox", **whose[0]}


def _number(at: Timestamp | None) -> int:
    return 0 if at is None else (at.time << COUNTER_BITS) + min(at.inc, 2**COUNTER_BITS - 1)
