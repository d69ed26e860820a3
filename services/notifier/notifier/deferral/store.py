"""Notifications that are held until a time: they are in no dispatcher's queue before. And those told in one message."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure
from shared.storage.aggregates import Document
from shared.storage.item_isolation import SkippedItems
from shared.storage.mongo import is_write_conflict

from notifier.deferral.digests import DIGEST, LIMIT
from notifier.deferral.message_grouping import EarlierMessage, GroupKey
from notifier.notifications.model import Notification, State
from notifier.notifications.store import COLLECTION, notification_record, read_notification, step


class HeldNotifications:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.client = database.client
        self.collection = database[COLLECTION]
        self.left = SkippedItems[str]("letting go")

    async def due(self, now: datetime, limit: int) -> Sequence[Notification]:
        """Held notifications that are due, the longest held first, without those set aside."""
        past: Document = {"held_until": {"$lte": now}}
        found = self.collection.find(past, sort=[("held_until", 1)], hint="held").limit(self.left.beside(limit))
        documents = {document["_id"]: document async for document in found}
        return self._readable([documents[id] for id in self.left.without([*documents])])

    def _readable(self, documents: Sequence[Document]) -> list[Notification]:
        read: list[Notification] = []
        for document in documents:
            with self.left.one(document["_id"]):
                read.append(read_notification(document))
        return read

    async def gathered(self, recipients: Collection[str], now: datetime, limit: int) -> Sequence[Notification]:
        """All notifications due in digests to these recipients, up to `limit` for each."""
        found: list[Notification] = []
        for recipient in recipients:
            theirs = {"recipient": recipient, "held_until": {"$lte": now}, "held_for": {"$in": [DIGEST, LIMIT]}}
            documents = await self.collection.find(theirs, hint="held_for").limit(limit).to_list()
            found += self._readable(documents)
        return found

    async def make_due(self, recipient: str, now: datetime) -> int:
        """Make due what was gathered for a recipient's digest so far."""
        theirs = {"recipient": recipient, "held_until": {"$gt": now}, "held_for": DIGEST}
        brought = await self.collection.update_many(theirs, {"$set": {"held_until": now}}, hint="held_for")
        return brought.modified_count

    async def release(self, ids: Collection[str], now: datetime) -> int:
        """They are due now, and count as news from now on."""
        if not ids:
            return 0
        released = await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "state": State.HELD.value, "held_until": {"$exists": True}},
            {
                "$set": {"state": State.CREATED.value, "next_at": now, "released_at": now, "changed_at": now},
                "$unset": {"held_until": 1, "reason": 1},
                "$push": step(State.CREATED, now, reason="let go"),
            },
        )
        return released.modified_count

    async def cancel(self, ids: Collection[str], reason: str, now: datetime) -> None:
        """Cancel the notifications that still wait: another process may have combined the others."""
        if not ids:
            return
        await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "state": State.HELD.value, "held_until": {"$exists": True}},
            {
                "$set": {"state": State.CANCELLED.value, "reason": reason, "changed_at": now},
                "$unset": {"held_until": 1, "params.text": 1},
                "$push": step(State.CANCELLED, now, reason=reason),
            },
        )

    async def put_together(self, one: Notification, now: datetime) -> bool:
        """Plan the one that tells its members, and note it at each of them, or nothing: False where one of them is not
        held any more, or another process was quicker. Whoever looks again finds them as they are then."""
        collection, document = notification_record(one)
        assert collection == self.collection.name
        held = {"_id": {"$in": list(one.members)}, "state": State.HELD.value, "held_until": {"$exists": True}}
        change = {"$set": {"told_in": one.id, "changed_at": now}, "$unset": {"held_until": 1}}
        try:
            async with self.client.start_session() as session, await session.start_transaction():
                changed = await self.collection.update_many(held, change, session=session)
                if changed.matched_count != len(one.members):
                    await session.abort_transaction()
                    return False
                await self.collection.insert_one(document, session=session)
        except DuplicateKeyError:
            return False
        except OperationFailure as error:
            if not is_write_conflict(error):
                raise
            return False
        return True

    async def members_of(self, ones: Sequence[Notification]) -> Mapping[str, Sequence[Notification]]:
        """The members of each combined message in the order of their events, without cancelled ones."""
        if not any(one.members for one in ones):
            return {}
        ids = [id for one in ones for id in one.members]
        told = {"_id": {"$in": ids}, "state": {"$ne": State.CANCELLED.value}}
        members: dict[str, list[Notification]] = defaultdict(list)
        async for document in self.collection.find(told, sort=[("event_at", 1), ("_id", 1)]):
            members[document["told_in"]].append(read_notification(document))
        return members

    async def before(
        self, claimed: Sequence[Notification], window: timedelta, now: datetime
    ) -> Mapping[GroupKey, Sequence[EarlierMessage]]:
        """Other messages of the same groups that were sent, or are being sent, within the window; without those that
        nothing waits for.
        """
        since = now - window
        others = self.collection.find(
            {
                "submission_id": {"$in": sorted({each.submission_id for each in claimed})},
                # Of one that thousands follow only these few are looked at.
                "recipient": {"$in": sorted({each.recipient for each in claimed})},
                "channel": {"$in": sorted({each.channel for each in claimed})},
                "_id": {"$nin": [each.id for each in claimed]},
                "lane": {"$ne": "urgent"},
                "mandatory": {"$ne": True},
                "$or": [
                    {"sent_at": {"$gt": since}},
                    {"state": State.SENDING.value, "changed_at": {"$gt": since}},
                ],
            },
            {"submission_id": 1, "recipient": 1, "channel": 1, "state": 1, "sent_at": 1, "changed_at": 1},
            hint="heard",
        )
        found: dict[GroupKey, list[EarlierMessage]] = defaultdict(list)
        async for each in others:
            is_sent = each["state"] != State.SENDING.value
            at = each["sent_at"] if is_sent else each["changed_at"]
            found[GroupKey(each["submission_id"], each["recipient"], each["channel"])].append(
                EarlierMessage(each["_id"], at, is_sent)
            )
        return found
