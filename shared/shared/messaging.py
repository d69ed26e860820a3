"""Batch consumers: events in, decisions applied, state and outbox and inbox durable in one transaction per batch.

A service gives `Consumer` one typed handler per event type. The batch's documents are read once, the handlers are
called event by event in order, each document is written once under the version it was read with. An outage keeps the
batch and tries again; a failure that is nobody's outage is narrowed down to the one event, which is set aside as a
dead letter while all others go on.
"""

import asyncio
import heapq
import logging
import time
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from aiokafka import ConsumerRecord
from pydantic import BaseModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from shared import metrics
from shared.aggregates import Aggregate, Aggregates, Decision, Document, VersionMiss
from shared.clock import utc_now
from shared.dead_letters import DeadLetters, Failure
from shared.events.envelope import Event, InvalidEvent, UnknownEventType, caused_by, read_event
from shared.inbox import KEPT, Inbox
from shared.mongo import is_transient
from shared.topics import BY_NAME, Topic

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=BaseModel)
Record: TypeAlias = "ConsumerRecord[Any, Any]"

Handler = Callable[[S | None, Event, Any, datetime], Decision[S] | None]
"""(state, event, reference, now) → decision, or None where nothing changes. Pure: called again on retry."""

LONGEST_RETRY_SECONDS = 50.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
ATTEMPTS_ON_A_BUG = 3


class RetryLater(Exception):
    """A handler cannot decide yet for a reason that will pass (its reference data is not there)."""


class Consumer(Generic[S]):
    """Takes the events of `topics` for one kind of aggregate, keyed by `aggregate_id` of the event."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        aggregates: Aggregates[S],
        handlers: Mapping[type, Handler[S]],
        topics: Sequence[Topic],
        group: str,
        reference: Callable[[], Any] = lambda: None,
        topic_prefix: str = "",
        clock: Callable[[], datetime] = utc_now,
        aggregate_id: Callable[[Event], str] = lambda event: event.key,
    ) -> None:
        self.database = database
        self.aggregates = aggregates
        self.handlers = handlers
        self.topics = tuple(topics)
        self.group = group
        self.reference = reference
        self.topic_prefix = topic_prefix
        self.clock = clock
        self.aggregate_id = aggregate_id
        self.inbox = Inbox(database)
        self.dead_letters = DeadLetters(database, group)

    async def take(self, records: Sequence[Record]) -> None:
        """Make one batch durable. Raises only on an outage that outlasts the retries: give the batch back then."""
        started = time.perf_counter()
        events, failures = self._decode(_in_order(records))
        for failure in failures:
            await patiently(lambda failure=failure: self._set_aside(failure))  # type: ignore[misc]
        if events:
            try:
                await patiently(lambda: self._apply(events))
            except Exception as error:
                if is_outage(error):
                    raise
                logger.exception("batch failed, taking its events one by one", extra={"events": len(events)})
                await self._one_by_one(events)
            oldest = min(event.time for event, _ in events)
            metrics.EVENT_AGE.observe(max(0.0, (self.clock() - oldest).total_seconds()))
        metrics.BATCH_SIZE.observe(len(records))
        metrics.BATCH_DURATION.observe(time.perf_counter() - started)

    def _decode(self, records: Iterable[Record]) -> tuple[list[tuple[Event, Record]], list[Failure]]:
        events: list[tuple[Event, Record]] = []
        failures: list[Failure] = []
        skipped: Tally[tuple[str, str]] = Tally()
        for record in records:
            topic = BY_NAME[record.topic.removeprefix(self.topic_prefix)]
            if record.value is None:
                continue  # a tombstone is no event; who reads a compacted topic takes it from there
            try:
                event = read_event(topic, record.key, record.value, record.headers)
            except UnknownEventType:
                skipped[topic.name, "unknown"] += 1
            except InvalidEvent as error:
                failures.append(Failure(record, topic.name, str(error), 1))
            else:
                if event.replay_for not in (None, self.group):
                    skipped[topic.name, "replay_for_others"] += 1
                elif type(event.data) not in self.handlers:
                    skipped[topic.name, "ignored"] += 1
                else:
                    events.append((event, record))
        for (name, outcome), count in skipped.items():
            metrics.EVENTS.labels(name, "", outcome).inc(count)
        return events, failures

    async def _apply(self, events: Sequence[tuple[Event, Record]]) -> None:
        now = self.clock()
        known = await self.inbox.known([event.id for event, _ in events])
        aggregates = await self.aggregates.load(list({self.aggregate_id(event) for event, _ in events}))
        outcomes: Tally[tuple[str, str, str]] = Tally()
        taken: list[str] = []
        reference = self.reference()
        for event, _ in events:
            if event.id in known:
                outcomes[event.topic.name, event.type, "duplicate"] += 1
                continue
            known.add(event.id)
            id = self.aggregate_id(event)
            aggregate = aggregates.setdefault(id, Aggregate(id))
            if self._is_stale(aggregate, event, now):
                outcomes[event.topic.name, event.type, "duplicate"] += 1
                continue
            taken.append(event.id)
            decision = self.handlers[type(event.data)](aggregate.state, event, reference, now)
            if decision is None:
                outcomes[event.topic.name, event.type, "no_change"] += 1
            else:
                aggregate.apply(decision, self.aggregates.source, now, caused_by(event))
                outcomes[event.topic.name, event.type, "applied"] += 1
        if taken:
            await self._commit(taken, list(aggregates.values()), now)
        for labels, count in outcomes.items():
            metrics.EVENTS.labels(*labels).inc(count)

    def _is_stale(self, aggregate: Aggregate[S], event: Event, now: datetime) -> bool:
        """Note the event's place in its sequence; True for a repetition from before the inbox's memory."""
        stream = event.topic.stream if event.key == aggregate.id else f"{event.topic.stream}:{event.key}"
        last = aggregate.seen.get(stream, 0)
        if event.sequence <= last:
            return event.replay_for is None and now - event.time > KEPT
        if event.sequence > last + 1:
            metrics.SEQUENCE_GAPS.labels(event.topic.name).inc()
            logger.warning(
                "events missing before this one",
                extra={"topic": event.topic.name, "subject": event.key, "sequence": event.sequence, "last": last},
            )
        aggregate.seen[stream] = event.sequence
        return False

    async def _commit(self, taken: Sequence[str], aggregates: Sequence[Aggregate[S]], now: datetime) -> None:
        by_collection: dict[str, list[Document]] = defaultdict(list)
        for aggregate in aggregates:
            for name, document in aggregate.records:
                by_collection[name].append(document)

        async with self.database.client.start_session() as session, await session.start_transaction():
            await self.inbox.add(taken, now, session)
            await self.aggregates.save(aggregates, session)
            for name, documents in by_collection.items():
                await self._insert(name, documents, session)

    async def _insert(self, name: str, documents: list[Document], session: AsyncClientSession) -> None:
        """A record's id is made from its event: what an earlier life of this consumer stored (a rebuild) stays."""
        collection = self.database[name]
        ids = [document["_id"] for document in documents if "_id" in document]
        stored = {found["_id"] async for found in collection.find({"_id": {"$in": ids}}, {"_id": 1}, session=session)}
        if fresh := [document for document in documents if document.get("_id") not in stored]:
            await collection.insert_many(fresh, ordered=False, session=session)

    async def _one_by_one(self, events: Sequence[tuple[Event, Record]]) -> None:
        for pair in events:
            for attempt in range(1, ATTEMPTS_ON_A_BUG + 1):
                try:
                    await patiently(lambda pair=pair: self._apply([pair]))  # type: ignore[misc]
                    break
                except Exception as error:
                    if is_outage(error):
                        raise
                    if attempt == ATTEMPTS_ON_A_BUG:
                        event, record = pair
                        logger.exception(
                            "event set aside",
                            extra={
                                "event_id": event.id,
                                "event_type": event.type,
                                "correlation_id": event.correlation_id,
                            },
                        )
                        reason = f"{type(error).__name__} in the handler of {event.type}"
                        failure = Failure(record, event.topic.name, reason, attempt)
                        await patiently(lambda failure=failure: self._set_aside(failure))  # type: ignore[misc]

    async def _set_aside(self, failure: Failure) -> None:
        await self.dead_letters.hold(failure, self.clock())
        metrics.DEAD_LETTERS.labels(failure.topic).inc()


async def patiently(work: Callable[[], Any]) -> None:
    """Repeat `work` through outages and races, with growing pauses, for less than a minute."""
    began = time.monotonic()
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            await work()
            return
        except Exception as error:
            if not is_outage(error) or time.monotonic() - began > LONGEST_RETRY_SECONDS:
                raise
            metrics.RETRIES.labels(type(error).__name__).inc()
            if not isinstance(error, VersionMiss):
                logger.warning("batch waits", extra={"reason": type(error).__name__})
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def is_outage(error: BaseException) -> bool:
    """Whether the message is fine and only the moment is not."""
    return isinstance(error, RetryLater | VersionMiss) or is_transient(error)


def _in_order(records: Sequence[Record]) -> Iterator[Record]:
    """Each partition in its own order, partitions merged by the time their events were written."""
    partitions: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        partitions[record.topic, record.partition].append(record)
    return heapq.merge(*partitions.values(), key=lambda record: record.timestamp)
