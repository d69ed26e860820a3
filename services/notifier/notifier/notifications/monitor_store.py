"""Notifications as the central office looks at them: counted, listed, sent again and cancelled. Never an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure
from shared.http.commands import CommandKey
from shared.http.idempotency_store import IdempotencyStore, answer_update
from shared.storage.aggregates import Document
from shared.storage.mongo import is_write_conflict

from notifier.notifications.model import Notification, State
from notifier.notifications.store import COLLECTION, notification_record, read_notification, step

CASES = "cases"
COUNTED_AT_MOST = 50_000
FAILED_OR_HELD = ("cancelled", "permanent-failure", "technical-failure", "temporary-failure", "withheld", "held")
"""States that few notifications are in: an index of their own finds them among millions."""


@dataclass(frozen=True)
class Filter:
    """A filter for deliveries; None matches everything."""

    state: str | None = None
    channel: str | None = None
    lane: str | None = None
    provider: str | None = None
    template: str | None = None
    submission_id: str | None = None

    def query(self) -> Document:
        asked: Document = {name: value for name, value in vars(self).items() if value is not None}
        return {"channel": {"$ne": "inbox"}, **asked}


@dataclass(frozen=True)
class Count:
    channel: str
    lane: str
    state: str
    provider: str | None
    count: int
    oldest: datetime


class Monitor:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]
        self.cases = database[CASES]
        self.answers = IdempotencyStore(self.collection)

    async def ensure_indexes(self) -> None:
        newest = [("created_at", -1), ("_id", -1)]
        await self.collection.create_index(newest, name="newest")
        await self.collection.create_index(
            [("state", 1), *newest],
            name="failed or held",
            partialFilterExpression={"state": {"$in": list(FAILED_OR_HELD)}},
        )
        await self.answers.ensure_indexes()
        await self.cases.create_index("state.reference", name="reference")

    async def submission_named(self, reference: str) -> str | None:
        """The id of the submission with this reference number."""
        found = await self.cases.find_one({"state.reference": reference.upper()}, {"_id": 1})
        return str(found["_id"]) if found else None

    async def counts(self, since: datetime) -> tuple[list[Count], bool]:
        """The counts of messages planned since then; False if only the newest 50,000 are counted."""
        kind: dict[str, Any] = {name: f"${name}" for name in ("channel", "lane", "state", "provider")}
        stages: list[Document] = [
            {"$match": {"created_at": {"$gte": since}}},
            {"$sort": {"created_at": -1, "_id": -1}},
            {"$limit": COUNTED_AT_MOST},
            {"$match": {"channel": {"$ne": "inbox"}}},
            {"$group": {"_id": kind, "count": {"$sum": 1}, "oldest": {"$min": "$created_at"}}},
        ]
        found = [each async for each in await self.collection.aggregate(stages, hint="newest")]
        counts = [
            Count(
                each["_id"]["channel"],
                each["_id"]["lane"],
                each["_id"]["state"],
                each["_id"].get("provider"),
                each["count"],
                each["oldest"],
            )
            for each in found
        ]
        counts.sort(key=lambda each: (each.channel, each.lane, each.state, each.provider or ""))
        return counts, await self._are_all(since)

    async def _are_all(self, since: datetime) -> bool:
        found = self.collection.find({"created_at": {"$gte": since}}, {"_id": 1}, hint="newest")
        return not [each async for each in found.sort("created_at", -1).skip(COUNTED_AT_MOST).limit(1)]

    async def page(self, asked: Filter, before: tuple[datetime, str] | None, limit: int) -> Sequence[Notification]:
        """The newest first, those after `before` in that order."""
        query = asked.query()
        if before is not None:
            at, id = before
            query["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": id}}]
        found = self.collection.find(query, sort=[("created_at", -1), ("_id", -1)]).limit(limit)
        return [read_notification(document) async for document in found]

    async def one(self, id: str) -> Notification | None:
        document = await self.collection.find_one({"_id": id, "channel": {"$ne": "inbox"}})
        return read_notification(document) if document else None

    async def text_told(self, notification: Notification) -> str | None:
        """The text that an official wrote, if the inbox of its recipient still has it."""
        sibling = {
            "submission_id": notification.submission_id,
            "event_id": notification.event_id,
            "channel": "inbox",
            "template": notification.template,
            "params.text": {"$exists": True},
        }
        found = await self.collection.find_one(sibling, {"params.text": 1})
        return str(found["params"]["text"]) if found else None

    async def resend(
        self, original: Notification, copy: Notification, by: str, why: str, key: CommandKey | None, now: datetime
    ) -> bool:
        """Both are written or none; False where the original has changed since it was read."""
        name, document = notification_record(copy)
        assert name == self.collection.name
        taken = step(State(original.state), now, reason="resent", by=by, why=why)
        change = {"$push": taken | answer_update(key, {"id": copy.id}).get("$push", {})}
        unchanged = {"_id": original.id, "state": State(original.state).value, "changed_at": original.changed_at}
        try:
            async with self.collection.database.client.start_session() as session, await session.start_transaction():
                written = await self.collection.update_one(unchanged, change, session=session)
                if not written.matched_count:
                    return False
                await self.collection.insert_one(document, session=session)
        except DuplicateKeyError:
            return False
        except OperationFailure as error:
            if not is_write_conflict(error):
                raise
            return False
        return True

    async def cancel(self, id: str, reason: str, by: str, why: str, key: CommandKey | None, now: datetime) -> bool:
        """False where it is being handed over, or has been."""
        waits = [State.CREATED.value, State.WITHHELD.value, State.TEMPORARY_FAILURE.value]
        is_waiting = [{"state": State.HELD.value}, {"state": {"$in": waits}, "next_at": {"$exists": True}}]
        change: Document = {
            "$set": {"state": State.CANCELLED.value, "reason": reason, "changed_at": now},
            "$unset": {"next_at": 1, "held_until": 1, "claimed_by": 1, "waiting_for": 1, "params.text": 1},
            "$push": step(State.CANCELLED, now, reason=reason, by=by, why=why)
            | answer_update(key, {"id": id}).get("$push", {}),
        }
        still: Document = {"_id": id, "channel": {"$ne": "inbox"}, "$or": is_waiting}
        return (await self.collection.update_one(still, change)).matched_count == 1
