"""Dead letters: records a consumer group could not take, kept whole until a person replays or discards them.

Stored in the service's own database and published to `<topic>.<group>.dlq` through the outbox like everything else.
A replay puts the original record back on its topic, marked for the one group; all others know its id already.
"""

import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from aiokafka import ConsumerRecord
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from shared.aggregates import Document
from shared.events.envelope import REPLAY_HEADER
from shared.events.personal import without_person
from shared.topics import BY_NAME, dead_letter_topic

LARGEST_PUBLISHED = 900_000
"""Bytes. A larger record would not pass the broker with its new headers: it is kept in the database alone."""

SETTLED_KEPT = timedelta(days=30)

Status = Literal["held", "replayed", "discarded"]


@dataclass(frozen=True)
class Failure:
    """Why a record was set aside, after how many attempts."""

    record: ConsumerRecord[Any, Any]
    topic: str
    reason: str
    attempts: int


class DeadLetters:
    """`group` is the consumer group whose failures these are."""

    def __init__(self, database: AsyncDatabase[Document], group: str) -> None:
        self.collection: AsyncCollection[Document] = database["dead_letters"]
        self.group = group

    async def ensure_indexes(self) -> None:
        await self.collection.create_index(
            "pending", name="pending", partialFilterExpression={"pending": {"$exists": True}}
        )
        await self.collection.create_index([("status", 1), ("at", 1)], name="status")
        await self.collection.create_index(
            "settled_at", name="expiry", expireAfterSeconds=int(SETTLED_KEPT.total_seconds())
        )

    async def hold(self, failure: Failure, now: datetime) -> None:
        """Keep the record; the same record again (a redelivered batch) is kept once."""
        record = failure.record
        id = str(uuid5(NAMESPACE_URL, f"{self.group}/{record.topic}/{record.partition}/{record.offset}"))
        headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
        about = {
            "dlq_reason": failure.reason[:1_000],
            "dlq_group": self.group,
            "dlq_origin": f"{failure.topic}/{record.partition}/{record.offset}",
            "dlq_attempts": str(failure.attempts),
        }
        entry = {
            "id": id,
            "topic": dead_letter_topic(failure.topic, self.group),
            "key": _text(record.key),
            "time": now,
            "headers": headers | about,
            "value": record.value if len(record.value or b"") <= LARGEST_PUBLISHED else None,
        }
        document = {
            "_id": id,
            "status": "held",
            "at": now,
            "topic": failure.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": _text(record.key),
            "event_id": headers.get("ce_id"),
            "event_type": headers.get("ce_type"),
            "headers": headers,
            "value": record.value,
            "reason": failure.reason[:1_000],
            "attempts": failure.attempts,
            "emitted": 1,
            "outbox": [entry],
            "pending": 1,
        }
        await self.collection.update_one({"_id": id}, {"$setOnInsert": document}, upsert=True)

    async def held(self) -> int:
        return await self.collection.count_documents({"status": "held"})

    async def list(self, status: Status, limit: int = 100) -> list[Document]:
        """Oldest first, without the records' content, which may be personal."""
        return (
            await self.collection.find({"status": status}, {"outbox": 0, "value": 0, "headers": 0})
            .sort("at", 1)
            .to_list(limit)
        )

    async def get(self, id: str) -> Document | None:
        return await self.collection.find_one({"_id": id}, {"outbox": 0})

    async def replay(self, id: str, by: str, now: datetime) -> bool:
        """Give the record to this group once more; False when there is none held under this id."""
        letter = await self.get(id)
        if letter is None or letter["status"] != "held":
            return False
        entry = {
            "id": letter["event_id"] or id,
            "topic": letter["topic"],
            "key": letter["key"],
            "time": now,
            "headers": letter["headers"] | {REPLAY_HEADER: self.group},
            "value": letter["value"],
        }
        settled = await self._settle(id, "replayed", by, now, {"$push": {"outbox": entry}})
        return settled is not None

    async def discard(self, id: str, by: str, now: datetime) -> bool:
        return await self._settle(id, "discarded", by, now, {}) is not None

    async def submissions(self) -> builtins.list[str]:
        """Ids of the submissions that records with content are about."""
        keys = await self.collection.distinct("key", {"value": {"$ne": None}, "key": {"$ne": None}})
        return sorted({key.partition("/")[0] for key in keys})

    async def erase(self, submission_ids: Sequence[str], now: datetime) -> None:
        """Take the author out of every record of these submissions; what it is a fact of can still be replayed.

        A record that nobody could read is given up with all it holds, and so is a contact.
        """
        for id in submission_ids:
            of_it = {"key": {"$regex": f"^{re.escape(id)}(/|$)"}, "value": {"$ne": None}}
            async for letter in self.collection.find(of_it, {"outbox": 0}):
                await self._erase(letter, now)

    async def _erase(self, letter: Document, now: datetime) -> None:
        topic = BY_NAME[letter["topic"]]
        model = None if topic.compacted else topic.events.get(letter["event_type"] or "")
        left = without_person(model, letter["value"]) if model else None
        if left == letter["value"]:
            return
        values: Document = {"value": left, "outbox.$[].value": left}
        if left is None:
            values |= {"headers": {}, "outbox.$[].headers": {}}
            if letter["status"] == "held":
                values |= {"status": "discarded", "settled_at": now, "settled_by": "erasure"}
        await self.collection.update_one({"_id": letter["_id"], "value": letter["value"]}, {"$set": values})

    async def _settle(self, id: str, status: Status, by: str, now: datetime, change: Document) -> Document | None:
        values: Document = {"status": status, "settled_at": now, "settled_by": by}
        if "$push" in change:
            values |= {"emitted": 2, "pending": 2}
        return await self.collection.find_one_and_update(
            {"_id": id, "status": "held"},
            {"$set": values, **change},
            return_document=ReturnDocument.AFTER,
        )


def _text(raw: bytes | None) -> str | None:
    return raw.decode(errors="replace") if raw is not None else None
