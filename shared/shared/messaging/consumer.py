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
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from aiokafka import ConsumerRecord
from pydantic import BaseModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, PyMongoError

from shared.events.envelope import (
    REPLAY_HEADER,
    REPLAYED_LETTER_HEADER,
    Cause,
    Event,
    InvalidEvent,
    UnknownEventType,
    caused_by,
    header_texts,
    read_event,
)
from shared.events.topics import BY_NAME, Topic
from shared.messaging import failure_causes
from shared.messaging.dead_letters import DeadLetters, Failure, Outcome
from shared.messaging.inbox import KEPT, Inbox
from shared.operations import metrics, tracing
from shared.reconciliation.differences import Differences, Gaps
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Aggregates, Decision, Document, StoredAggregate, VersionMiss, raise_if_duplicate
from shared.storage.mongo import is_transient, is_write_conflict

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=BaseModel)
Record: TypeAlias = "ConsumerRecord[Any, Any]"

Handler = Callable[[S | None, Event, Any, datetime], Decision[S] | None]
"""(state, event, reference, now) → decision, or None where nothing changes. Pure: called again on retry."""

Prepare = Callable[[Sequence[Event]], Awaitable[Any]]
"""Awaited once per batch, with its events that were not taken before; what it gives is the handlers' reference. For
what takes long and belongs into a thread: handlers run on the event loop. Called again on a retry."""

NoteSetAside = Callable[[S | None, "DeadLetteredEvent", Any, datetime], Decision[S] | None]
"""As a handler; what an aggregate notes of an event of its own that could not be taken and is a dead letter now."""

Records = Mapping[str, dict[str, Document]]
"""By collection and id."""

Storing = Callable[[Records], AbstractContextManager[None]]
"""Entered with the records of a batch before the transaction that stores them, and left when they are durable, or with
what went wrong. It may change them when it is entered; what turned out to be stored already is gone when it is left."""

LONGEST_RETRY_SECONDS = 50.0
FIRST_PAUSE_SECONDS = 0.05
FIRST_AFTER_A_RACE_SECONDS = 0.002
LONGEST_AFTER_A_RACE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
ATTEMPTS_ON_A_BUG = 3
REBUILDS_FOR_SECONDS = 60.0


class RetryLater(Exception):
    """A handler cannot decide yet for a reason that will pass (its reference data is not there)."""


class UndeclaredEventType(ValueError):
    """An event type of a consumed topic that nobody decided about, or a decision about one that does not come."""


def raise_if_undeclared(handled: Iterable[type], ignored: Iterable[type], topics: Iterable[Topic]) -> None:
    handled, ignored = set(handled), set(ignored)
    come = {event for topic in topics for event in topic.events.values()}
    if wrong := (come ^ (handled | ignored)) | (handled & ignored):
        names = ", ".join(sorted(event.__name__ for event in wrong))
        raise UndeclaredEventType(f"neither handled nor ignored, both, or of no consumed topic: {names}")


@dataclass(frozen=True, slots=True)
class UnhandledEvent:
    """An event that this service does not handle; only its place in the sequence is recorded."""

    topic: Topic
    key: str
    sequence: int
    time: datetime


@dataclass(frozen=True, slots=True)
class DeadLetteredEvent:
    """An event that became a dead letter: its envelope alone."""

    topic: Topic
    key: str
    id: str
    type: str
    time: datetime
    correlation_id: str


Batch: TypeAlias = "list[tuple[Event | UnhandledEvent, Record]]"


class Consumer(Generic[S]):
    """Takes the events of `topics` for one kind of aggregate, whose id is the events' key."""

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
        prepare: Prepare | None = None,
        storing: Storing = lambda records: nullcontext(),
        on_set_aside: NoteSetAside[S] | None = None,
        ignored: Collection[type] | None = None,
    ) -> None:
        """`ignored`: the event types of `topics` that this consumer passes by on purpose. Where they are declared,
        raises Undeclared for a type that is neither handled nor ignored, or both: a service does not start that way."""
        if ignored is not None:
            raise_if_undeclared(handlers, ignored, topics)
        self.ignored = None if ignored is None else frozenset(ignored)
        self.database = database
        self.aggregates = aggregates
        self.handlers = handlers
        self.topics = tuple(topics)
        self.group = group
        self.reference = reference
        self.prepare = prepare
        self.storing = storing
        self.on_set_aside = on_set_aside
        self.topic_prefix = topic_prefix
        self.clock = clock
        self.inbox = Inbox(database)
        self.dead_letters = DeadLetters(database, group)
        self.packages = {handler.__module__.partition(".")[0] for handler in handlers.values()} | {"shared"}
        """Our own packages, in which the place of a bug is looked for."""
        self.differences = Differences(database)
        self.longest_retry_seconds = LONGEST_RETRY_SECONDS
        self._rebuilds_until = 0.0
        """By the monotonic clock: a rebuild meets what was stored before in every batch, and all else never does."""
        for topic in self.topics:  # so that `rate()` sees the first increment
            metrics.DEAD_LETTERS.labels(topic.name)
            metrics.SEQUENCE_GAPS.labels(topic.name)

    async def take(self, records: Sequence[Record]) -> None:
        """Make one batch durable. Raises only on an outage that outlasts the retries: give the batch back then."""
        started = time.perf_counter()
        batch, failures = self._decode(_in_order(records))
        for failure in failures:
            await retry_transient(lambda failure=failure: self._set_aside(failure))  # type: ignore[misc]
        if batch:
            try:
                await retry_transient(lambda: self._apply(batch), self.longest_retry_seconds)
            except Exception as error:
                if is_outage(error):
                    raise
                logger.exception("batch failed, taking its events one by one", extra={"events": len(batch)})
                await self._one_by_one(batch)
            oldest = min(item.time for item, _ in batch)
            metrics.EVENT_AGE.observe(max(0.0, (self.clock() - oldest).total_seconds()))
        metrics.BATCH_SIZE.observe(len(records))
        metrics.BATCH_DURATION.observe(time.perf_counter() - started)

    def _decode(self, records: Iterable[Record]) -> tuple[Batch, list[Failure]]:
        batch: Batch = []
        failures: list[Failure] = []
        for record in records:
            topic = BY_NAME[record.topic.removeprefix(self.topic_prefix)]
            if record.value is None:
                continue  # a tombstone is no event; who reads a compacted topic takes it from there
            try:
                event = read_event(topic, record.key, record.value, record.headers)
            except UnknownEventType as unknown:
                metrics.EVENTS.labels(topic.name, "", "unknown").inc()
                batch.append((UnhandledEvent(topic, unknown.key, unknown.sequence, unknown.time), record))
            except InvalidEvent as error:
                if header_of(record, REPLAY_HEADER) in (None, self.group):
                    cause = failure_causes.of_unreadable(error, header_of(record, "ce_type"))
                    failures.append(Failure(record, topic.name, cause, 1))
            else:
                if event.replay_for not in (None, self.group):
                    continue
                if type(event.data) in self.handlers:
                    batch.append((event, record))
                else:
                    metrics.EVENTS.labels(topic.name, event.type, "ignored").inc()
                    batch.append((UnhandledEvent(topic, event.key, event.sequence, event.time), record))
        return batch, failures

    async def _apply(self, batch: Batch) -> None:
        now = self.clock()
        # Whatever is written between the two is found at the commit: an event that was taken, or another version.
        known, aggregates = await asyncio.gather(
            self.inbox.known([item.id for item, _ in batch if isinstance(item, Event)]),
            self.aggregates.load(list({item.key for item, _ in batch})),
        )
        outcomes: Tally[tuple[str, str, str]] = Tally()
        taken: list[str] = []
        replayed: dict[Outcome, list[str]] = {"taken": [], "had_been_taken": []}
        gaps = Gaps()
        spans = tracing.BatchSpans()
        if self.prepare is None:
            reference = self.reference()
        else:
            reference = await self.prepare([i for i, _ in batch if isinstance(i, Event) and i.id not in known])
        for item, record in batch:
            aggregate = aggregates.setdefault(item.key, StoredAggregate(item.key))
            if isinstance(item, UnhandledEvent):
                _note_sequence(aggregate, item, gaps)
                continue
            letter = header_of(record, REPLAYED_LETTER_HEADER) if item.replay_for else None
            if item.id in known or _is_forgotten_repetition(aggregate, item, now):
                outcomes[item.topic.name, item.type, "duplicate"] += 1
                replayed["had_been_taken"] += [letter] if letter else []
                if item.replay_for is not None:
                    gaps.fill(item.topic, item.key, item.sequence)
                continue
            replayed["taken"] += [letter] if letter else []
            _note_sequence(aggregate, item, gaps)
            known.add(item.id)
            taken.append(item.id)
            event = spans.taken(item, self.group)
            decision = self.handlers[type(item.data)](aggregate.state, event, reference, now)
            if decision is None:
                outcomes[item.topic.name, item.type, "no_change"] += 1
            else:
                aggregate.apply(decision, self.aggregates.source, now, caused_by(event), concluded_from=item.id)
                outcomes[item.topic.name, item.type, "applied"] += 1
        await self._commit(taken, replayed["taken"], list(aggregates.values()), gaps, now)
        await self.dead_letters.note_taken(replayed["had_been_taken"], "had_been_taken", now)
        spans.end()
        for labels, count in outcomes.items():
            metrics.EVENTS.labels(*labels).inc(count)

    async def _commit(
        self,
        taken: Sequence[str],
        letters: Sequence[str],
        aggregates: Sequence[StoredAggregate[S]],
        gaps: Gaps,
        now: datetime,
    ) -> None:
        records: dict[str, dict[str, Document]] = defaultdict(dict)
        for aggregate in aggregates:
            for name, document in aggregate.records:
                records[name].setdefault(document["_id"], document)

        if not taken and not gaps:
            await self.aggregates.save(aggregates)
            return
        with self.storing(records):
            async with self.database.client.start_session() as session, await session.start_transaction():
                # The relay writes these too: the first write of the transaction meets it for the shortest time.
                await self.aggregates.save(aggregates, session)
                if taken:
                    await self.inbox.add(taken, now, session)
                if gaps:
                    await self.differences.note_gaps(gaps, now, session)
                await self.dead_letters.note_taken(letters, "taken", now, session)
                for name, fresh in records.items():
                    await self._insert(name, fresh, session)

    async def _insert(self, name: str, fresh: dict[str, Document], session: AsyncClientSession) -> None:
        """A record's id is made from its event: what an earlier life of this consumer stored (a rebuild) stays and is
        taken out of `fresh`, and of two with one id in a batch the first. What is stored is asked for where some was
        found, and for a while after; raises VersionMiss where it was not asked."""
        collection = self.database[name]
        if time.monotonic() < self._rebuilds_until:
            asked = {"_id": {"$in": list(fresh)}}
            async for found in collection.find(asked, {"_id": 1}, session=session):
                del fresh[found["_id"]]
        if not fresh:
            return
        try:
            await collection.insert_many(list(fresh.values()), ordered=False, session=session)
        except BulkWriteError as error:
            self._rebuilds_until = time.monotonic() + REBUILDS_FOR_SECONDS
            raise_if_duplicate(error)
            raise

    async def _one_by_one(self, batch: Batch) -> None:
        for pair in batch:
            for attempt in range(1, ATTEMPTS_ON_A_BUG + 1):
                try:
                    await retry_transient(lambda pair=pair: self._apply([pair]))  # type: ignore[misc]
                    break
                except Exception as error:
                    if is_outage(error):
                        raise
                    if attempt == ATTEMPTS_ON_A_BUG:
                        await self._give_up(pair, error, attempt)

    async def _give_up(self, pair: tuple["Event | UnhandledEvent", Record], error: Exception, attempts: int) -> None:
        item, record = pair
        about = {"topic": item.topic.name, "subject": item.key, "sequence": item.sequence}
        logger.error("event set aside", extra=about, exc_info=error)
        event_type, data = (item.type, item.data) if isinstance(item, Event) else ("", None)
        cause = failure_causes.of_failure(error, event_type, data, self.packages)
        await retry_transient(lambda: self._set_aside(Failure(record, item.topic.name, cause, attempts)))

    async def _set_aside(self, failure: Failure) -> None:
        await self.dead_letters.hold(failure, self.clock())
        if self.on_set_aside is not None and (event := _envelope(failure)) is not None:
            await self._note_set_aside(event, self.on_set_aside)

    async def _note_set_aside(self, event: DeadLetteredEvent, note: NoteSetAside[S]) -> None:
        """Let the aggregate note the dead letter; it is held already, so a failure here is only logged."""
        now = self.clock()
        try:
            found = await self.aggregates.load([event.key])
            aggregate = found.setdefault(event.key, StoredAggregate(event.key))
            decision = note(aggregate.state, event, self.reference(), now)
            if decision is not None:
                # Ids made from the event's are those of what follows when it is taken after all.
                aggregate.apply(decision, self.aggregates.source, now, Cause(event.correlation_id, event.id))
                await self.aggregates.save([aggregate])
        except Exception as error:
            if is_outage(error):
                raise
            logger.error("set aside and not noted", extra={"subject": event.key}, exc_info=error)


async def retry_transient(work: Callable[[], Any], longest: float = LONGEST_RETRY_SECONDS) -> None:
    """Repeat `work` through outages and races, with growing pauses, for less than a minute."""
    began = time.monotonic()
    pause, pause_of_race = FIRST_PAUSE_SECONDS, FIRST_AFTER_A_RACE_SECONDS
    while True:
        try:
            await work()
            return
        except Exception as error:
            if not is_outage(error) or time.monotonic() - began > longest:
                raise
            metrics.RETRIES.labels(type(error).__name__).inc()
            if isinstance(error, VersionMiss) or is_write_conflict(error):
                await asyncio.sleep(pause_of_race)
                pause_of_race = min(pause_of_race * 2, LONGEST_AFTER_A_RACE_SECONDS)
                continue
            logger.warning("batch waits", extra={"reason": type(error).__name__})
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def header_of(record: Record, name: str) -> str | None:
    """Read a header of a record that need not be an event."""
    return next(((value or b"").decode(errors="replace") for each, value in record.headers if each == name), None)


def _envelope(failure: Failure) -> DeadLetteredEvent | None:
    """None where not even that can be read."""
    try:
        said = header_texts(failure.record.headers)
        id, time = str(UUID(said["ce_id"])), datetime.fromisoformat(said["ce_time"]).astimezone(UTC)
        key = failure.record.key.decode()
        return DeadLetteredEvent(
            BY_NAME[failure.topic], key, id, said["ce_type"], time, said.get("ce_correlationid", id)
        )
    except (KeyError, ValueError, AttributeError, OverflowError):
        return None


def is_outage(error: BaseException) -> bool:
    """Whether the message is fine and only the moment is not."""
    return isinstance(error, RetryLater | VersionMiss) or is_transient(error)


def may_be_stored(error: BaseException) -> bool:
    """Whether a batch whose transaction ended with this may be durable all the same."""
    is_aborted = isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
    return not (is_aborted or isinstance(error, VersionMiss))


def _is_forgotten_repetition(aggregate: StoredAggregate[Any], event: Event, now: datetime) -> bool:
    """A repetition from before the inbox's memory shows by its sequence; a replay is checked by its id alone."""
    last = aggregate.seen.get(event.topic.stream, 0)
    return event.sequence <= last and event.replay_for is None and now - event.time > KEPT


def _note_sequence(aggregate: StoredAggregate[Any], item: Event | UnhandledEvent, gaps: Gaps) -> None:
    """Remember the place in the sequence; a gap is counted, told and kept (`differences.py`), never waited for.

    What is not handled is not noted where there is nothing of the submission yet: it says nothing of what is missing.
    """
    last = aggregate.seen.get(item.topic.stream, 0)
    is_followed = aggregate.version > 0 or bool(aggregate.seen) or isinstance(item, Event)
    if item.sequence > last + 1 and is_followed:
        metrics.SEQUENCE_GAPS.labels(item.topic.name).inc()
        gaps.miss(item.topic, item.key, range(last + 1, item.sequence))
        logger.warning(
            "events missing before this one",
            extra={"topic": item.topic.name, "subject": item.key, "sequence": item.sequence, "last": last},
        )
    if item.sequence > last:
        aggregate.note(item.topic.stream, item.sequence)
    else:
        gaps.fill(item.topic, item.key, item.sequence)


def _in_order(records: Sequence[Record]) -> Iterator[Record]:
    """Each partition in its own order, partitions merged by the time their events were written."""
    partitions: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        partitions[record.topic, record.partition].append(record)
    return heapq.merge(*partitions.values(), key=lambda record: record.timestamp)
