"""Dead letters: records a consumer group could not take, kept whole until a person replays or discards them.

Stored in the service's own database and published to `<topic>.<group>.dlq` through the outbox like everything else.
A replay puts the original record back on its topic, marked for the one group; all others know its id already. The
consumer that takes it, or sets it aside again, notes that on the letter.
"""

import builtins
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from aiokafka import ConsumerRecord
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from shared.events.envelope import REPLAY_HEADER, REPLAYED_LETTER_HEADER
from shared.events.personal import without_person
from shared.events.topics import BY_NAME, dead_letter_topic
from shared.messaging.failure_causes import FailureCause, of_old_letter
from shared.operations import metrics
from shared.storage.aggregates import Document

LARGEST_PUBLISHED = 900_000
"""Bytes. A larger record would not pass the broker with its new headers: it is kept in the database alone."""

SETTLED_KEPT = timedelta(days=30)

REPLAYED_AT_ONCE = 200

Status = Literal["held", "replayed", "discarded"]
Outcome = Literal["taken", "had_been_taken", "set_aside_again"]


@dataclass(frozen=True)
class Failure:
    """Why a record was set aside, after how many attempts."""

    record: ConsumerRecord[Any, Any]
    topic: str
    cause: FailureCause
    attempts: int

    @property
    def reason(self) -> str:
        return self.cause.reason[:1_000]


@dataclass(frozen=True)
class ReplayRun:
    """One replay of a whole cause. What is set aside after `until`, again perhaps, is not part of it."""

    id: str
    until: datetime


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
        await self.collection.create_index("run", name="run", partialFilterExpression={"run": {"$exists": True}})
        await self.collection.create_index(
            "settled_at", name="expiry", expireAfterSeconds=int(SETTLED_KEPT.total_seconds())
        )

    async def hold(self, failure: Failure, now: datetime) -> None:
        """Keep the record; the same record again (a redelivered batch) is kept once."""
        record, cause = failure.record, failure.cause
        id = str(uuid5(NAMESPACE_URL, f"{self.group}/{record.topic}/{record.partition}/{record.offset}"))
        headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
        about = {
            "dlq_reason": failure.reason,
            "dlq_cause": cause.id(self.group),
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
            "reason": failure.reason,
            "cause": {"id": cause.id(self.group), **asdict(cause)},
            "attempts": failure.attempts,
            "emitted": 1,
            "outbox": [entry],
            "pending": 1,
        }
        held = await self.collection.update_one({"_id": id}, {"$setOnInsert": document}, upsert=True)
        if held.upserted_id is not None:
            metrics.DEAD_LETTERS.labels(failure.topic).inc()
        if replayed := headers.get(REPLAYED_LETTER_HEADER):
            await self._note([replayed], "set_aside_again", now, {"reason": failure.reason, "letter": id})

    async def note_taken(
        self, ids: Sequence[str], outcome: Outcome, now: datetime, session: AsyncClientSession | None = None
    ) -> None:
        """Record the outcome of replayed letters; the first one stays, as a replay may be delivered again."""
        if ids:
            await self._note(ids, outcome, now, {}, session)

    async def _note(
        self,
        ids: Sequence[str],
        outcome: Outcome,
        now: datetime,
        about: Document,
        session: AsyncClientSession | None = None,
    ) -> None:
        replayed = {"_id": {"$in": list(ids)}, "status": "replayed", "outcome": {"$exists": False}}
        noted = {"outcome": {"result": outcome, "at": now, **about}}
        await self.collection.update_many(replayed, {"$set": noted}, session=session)

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

    async def causes(self) -> builtins.list[Document]:
        """Causes of what is held, the one with most letters first."""
        causes: dict[str, Document] = {}
        for alike in await self._alike():
            cause = _cause_of(alike)
            id = cause.id(self.group)
            known = causes.setdefault(id, {"id": id, **asdict(cause), "topics": [], **_none_yet(alike)})
            known["letters"] += alike["letters"]
            known["first_at"] = min(known["first_at"], alike["first_at"])
            known["last_at"] = max(known["last_at"], alike["last_at"])
            known["topics"] = sorted({*known["topics"], *alike["topics"]})
        return sorted(causes.values(), key=lambda cause: (-cause["letters"], cause["first_at"]))

    async def _alike(self) -> builtins.list[Document]:
        """Group held letters by their recorded cause, or for old letters by what tells their causes apart."""
        same = {"cause": "$cause", "event_type": "$event_type", "reason": "$reason"}
        figures = {
            "letters": {"$sum": 1},
            "first_at": {"$min": "$at"},
            "last_at": {"$max": "$at"},
            "topics": {"$addToSet": "$topic"},
        }
        found = await self.collection.aggregate([{"$match": {"status": "held"}}, {"$group": {"_id": same, **figures}}])
        return [group.pop("_id") | group async for group in found]

    async def replay_cause(self, cause: str, run: ReplayRun, by: str, now: datetime) -> int:
        """Replay held letters of this cause, the oldest first, a few hundred at once; how many they were."""
        query = {"status": "held", "at": {"$lte": run.until}, "$or": await self._of_cause(cause)}
        replayed = 0
        for letter in await self.collection.find(query, {"_id": 1}).sort("at", 1).to_list(REPLAYED_AT_ONCE):
            replayed += await self.replay(letter["_id"], by, now, run.id)
        return replayed

    async def _of_cause(self, cause: str) -> builtins.list[Document]:
        without = {
            (alike.get("event_type"), alike["reason"])
            for alike in await self._alike()
            if "cause" not in alike and of_old_letter(alike).id(self.group) == cause
        }
        old = [{"cause": None, "event_type": type, "reason": reason} for type, reason in without]
        return [{"cause.id": cause}, *old]

    async def replayed_in(self, run: str) -> builtins.list[Document]:
        """Letters of one replay of a cause, with what came of each so far, without their content."""
        shown = {"key": 1, "event_type": 1, "topic": 1, "outcome": 1}
        return await self.collection.find({"run": run}, shown).sort("at", 1).to_list()

    async def replay(self, id: str, by: str, now: datetime, run: str | None = None) -> bool:
        """Give the record to this group once more; False when there is none held under this id."""
        letter = await self.get(id)
        if letter is None or letter["status"] != "held":
            return False
        entry = {
            "id": letter["event_id"] or id,
            "topic": letter["topic"],
            "key": letter["key"],
            "time": now,
            "headers": letter["headers"] | {REPLAY_HEADER: self.group, REPLAYED_LETTER_HEADER: id},
            "value": letter["value"],
        }
        change: Document = {"$push": {"outbox": entry}}
        settled = await self._settle(id, "replayed", by, now, change, {"run": run} if run else {})
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

    async def _settle(
        self, id: str, status: Status, by: str, now: datetime, change: Document, about: Document | None = None
    ) -> Document | None:
        values: Document = {"status": status, "settled_at": now, "settled_by": by, **(about or {})}
        if "$push" in change:
            values |= {"emitted": 2, "pending": 2}
        return await self.collection.find_one_and_update(
            {"_id": id, "status": "held"},
            {"$set": values, **change},
            return_document=ReturnDocument.AFTER,
        )


def _text(raw: bytes | None) -> str | None:
    return raw.decode(errors="replace") if raw is not None else None


def _cause_of(alike: Document) -> FailureCause:
    if "cause" not in alike:
        return of_old_letter(alike)
    kept = {name: value for name, value in alike["cause"].items() if name != "id"}
    return FailureCause(**kept)


def _none_yet(alike: Document) -> Document:
    return {"letters": 0, "first_at": alike["first_at"], "last_at": alike["last_at"]}
