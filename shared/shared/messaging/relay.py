"""The relay: sends what waits in the outboxes to Kafka, whole and in order per document.

The change stream is only a wake-up; the document is the truth, and a sweep finds what a lost wake-up left. A backlog is
the sweep's alone: a stream would take mongod through all that the relay itself writes meanwhile. After Kafka's
acknowledgement exactly the events that were sent are removed, and `pending` only where it is still the number that was
read: an event added meanwhile keeps its document pending. This is the one place that publishes.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import UpdateMany, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from shared.concurrency.tasks import run_until_first_failure
from shared.messaging.kafka import make_producer
from shared.messaging.lost_clients import lost_producer, watch
from shared.messaging.outbox_queue import OutboxQueue
from shared.messaging.publisher import Publisher
from shared.operations import tracing
from shared.operations.metrics import OUTBOX_AGE, OUTBOX_DEPTH, RELAYED
from shared.operations.settings import KafkaSettings
from shared.reconciliation.statements import Statements
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from shared.storage.lease import Lease

logger = logging.getLogger(__name__)

BATCH = 1_000
ROUNDS_AT_ONCE = 4
"""While full batches wait; otherwise one round at a time takes what came during the one before."""

BREATH_SECONDS = 0.04
"""From the beginning of a round to the next, unless it was full. What comes after a pause is sent at once."""

SWEEP_SECONDS = 2.0
SWEPT = 4_000
BY_ID = "_id_"
"""Named, as a database that may choose weighs the index of what is pending against it again and again."""


class LeaseLost(Exception):
    """The lease ran out while this process could not renew it."""


class Relay:
    """Publishes the outboxes of `collections` while it holds the service's relay lease."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        collections: Sequence[str],
        settings: KafkaSettings,
        holder: str,
        producer: Callable[[KafkaSettings], AIOKafkaProducer] = make_producer,
        breath: float = BREATH_SECONDS,
        statements: Statements | None = None,
    ) -> None:
        self.database = database
        self.collections = tuple(collections)
        self.settings = settings
        self.lease = Lease(database, "relay", holder)
        self._make_producer = producer
        self._breath = breath
        self.statements = statements
        self._queue = OutboxQueue(BATCH, SWEPT)
        self._caught_up = asyncio.Event()
        self._watching = asyncio.Event()

    async def run(self) -> None:
        await self.lease.run(self._lead)

    async def _lead(self) -> None:
        self._queue = OutboxQueue(BATCH, SWEPT)
        self._caught_up.clear()
        producer = self._make_producer(self.settings)
        try:
            await run_until_first_failure(self._work(producer), watch(lambda: lost_producer(producer)))
        finally:
            await producer.stop()

    async def _work(self, producer: AIOKafkaProducer) -> None:
        await producer.start()
        publisher = Publisher(producer, self.settings.topic_prefix)
        more = [self._publish(publisher, self._queue.wait_for_full_batch) for _ in range(ROUNDS_AT_ONCE - 1)]
        if self.statements is not None:
            more.append(self.statements.keep(publisher.send))
        await run_until_first_failure(
            self._watch(), self._sweep(), self._publish(publisher, self._queue.wait_for_any), *more
        )

    async def _watch(self) -> None:
        # The collections are not named: mongod would compare every write of all databases with a pattern for them.
        pipeline: list[Document] = [
            {
                "$match": {
                    "$or": [
                        {"operationType": {"$in": ["insert", "replace"]}, "fullDocument.pending": {"$exists": True}},
                        {"operationType": "update", "updateDescription.updatedFields.pending": {"$exists": True}},
                    ]
                }
            },
            {"$project": {"documentKey": 1, "ns": 1}},
        ]
        while True:
            await self._caught_up.wait()
            async with await self.database.watch(pipeline, max_await_time_ms=1_000) as stream:
                self._watching.set()
                while self._caught_up.is_set() and stream.alive:
                    change = await stream.try_next()
                    if change is not None and change["ns"]["coll"] in self.collections:
                        self._queue.notice((change["ns"]["coll"], change["documentKey"]["_id"]))

    async def _sweep(self) -> None:
        """Find all that is pending, however much: as fast as it is sent, so that what waits here stays bounded."""
        while True:
            found = 0
            for name in self.collections:
                waiting = {"pending": {"$exists": True}}
                async for document in self.database[name].find(waiting, {"_id": 1}, hint="pending", batch_size=SWEPT):
                    found += 1
                    self._queue.notice((name, document["_id"]))
                    if self._queue.is_full:
                        self._caught_up.clear()
                        await self._queue.wait_for_room()
            if found < SWEPT:
                self._caught_up.set()
                # What came just before the stream began is looked for at once.
                self._watching.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._watching.wait(), SWEEP_SECONDS)

    async def _publish(self, publisher: Publisher, wait: Callable[[], Awaitable[None]]) -> None:
        """Send batch after batch, for ever; `wait` returns when the next one may be taken."""
        while True:
            await wait()
            began = time.monotonic()
            taken = self._queue.take()
            by_collection = defaultdict(list)
            for name, id in taken:
                by_collection[name].append(id)
            for name, ids in by_collection.items():
                await self._send(publisher, name, ids)
            self._queue.finish(taken)
            if len(taken) < BATCH:
                await asyncio.sleep(max(0.0, began + self._breath - time.monotonic()))

    async def _send(self, publisher: Publisher, name: str, ids: list[Any]) -> None:
        collection = self.database[name]
        found = collection.find(
            {"_id": {"$in": ids}, "pending": {"$exists": True}}, {"outbox": 1, "pending": 1}, hint=BY_ID
        )
        documents = await found.to_list(None)
        if not self.lease.held:
            raise LeaseLost  # a process that was stopped wakes with old documents: another has sent them by now
        # Any failure ends this term of the relay: a half-sent document is sent whole again after the sweep.
        entries = [entry for document in documents for entry in document["outbox"]]
        spans = tracing.BatchSpans()
        await publisher.send(spans.sent(entries))
        spans.end()
        await remove_sent(self.database[name], documents)
        if self.statements is not None:
            self.statements.note(name, ids, documents)
        for topic, count in Counter(entry["topic"] for entry in entries).items():
            RELAYED.labels(topic).inc(count)

    async def measure(self) -> None:
        """Set the gauges of what waits."""
        for name in self.collections:
            collection = self.database[name]
            waiting = {"pending": {"$exists": True}}
            OUTBOX_DEPTH.labels(name).set(await collection.count_documents(waiting, hint="pending"))
            oldest = await collection.find_one(waiting, {"outbox": {"$slice": 1}}, hint="pending")
            written = oldest["outbox"][0]["time"] if oldest and oldest["outbox"] else None
            OUTBOX_AGE.labels(name).set((utc_now() - written.astimezone(UTC)).total_seconds() if written else 0)


async def remove_sent(collection: AsyncCollection[Document], sent: Sequence[Document]) -> None:
    """Out of the outboxes of these documents, as they were read, what was sent; what came meanwhile stays, pending."""
    if not sent:
        return
    alike: dict[int, list[Any]] = defaultdict(list)
    for seen in sent:
        alike[seen["pending"]].append(seen["_id"])
    emptied = {"$set": {"outbox": []}, "$unset": {"pending": 1}}
    whole = await collection.bulk_write(
        [UpdateMany({"_id": {"$in": ids}, "pending": number}, emptied, hint=BY_ID) for number, ids in alike.items()],
        ordered=False,
    )
    if whole.matched_count == len(sent):
        return
    # Some got a new event meanwhile (or another relay was quicker): of these take out just what was sent.
    left = {"_id": {"$in": [seen["_id"] for seen in sent]}, "pending": {"$exists": True}}
    pending = {found["_id"] async for found in collection.find(left, {"_id": 1}, hint=BY_ID)}
    pulls = [
        UpdateOne(
            {"_id": seen["_id"]},
            {"$pull": {"outbox": {"id": {"$in": [entry["id"] for entry in seen["outbox"]]}}}},
            hint=BY_ID,
        )
        for seen in sent
        if seen["_id"] in pending
    ]
    if pulls:
        await collection.bulk_write(pulls, ordered=False)


def holder_name(service: str, ordinal: int, started: datetime) -> str:
    return f"{service}-{ordinal}@{started.isoformat(timespec='milliseconds')}"
