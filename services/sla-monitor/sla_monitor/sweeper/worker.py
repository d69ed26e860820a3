"""The sweeper: publishes what a clock owes at its moment, never before.

Every few seconds it scans the index for clocks due within the horizon, and keeps these in a heap. Shortly before its
moment a clock is read and decided as of then, so that at the moment itself it only has to be written. Clocks that are
set to a sooner moment arrive by a change stream. One sweeper works at a time, under a lease, which only saves work:
each decision is written under the version it was read with, so two do no harm, and a clock that changed meanwhile is
decided again.
"""

import asyncio
import contextlib
import heapq
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.concurrency.tasks import run_until_first_failure
from shared.events.envelope import Cause, OutgoingEvent
from shared.messaging.consumer import RetryLater
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate, VersionMiss
from shared.storage.item_isolation import SkippedItems
from shared.storage.lease import Lease
from shared.storage.mongo import is_transient

from sla_monitor import metrics
from sla_monitor.clocks.commands import declare_due
from sla_monitor.clocks.record import HORIZON, ClockRecord
from sla_monitor.clocks.store import Clocks, Due
from sla_monitor.sweeper.due_stream_store import imminent
from sla_monitor.timekeeping.reference import Reference

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = HORIZON.total_seconds() / 2
LONGEST_SLEEP_SECONDS = 1.0
"""Longest sleep: the wall clock may jump, so it is read at least this often."""
MOST_LOADED = 5_000
FEW_LEFT = MOST_LOADED // 2
"""Load the next clocks while this many are left, so that none waits for loading."""
AHEAD, LATEST = timedelta(milliseconds=500), timedelta(milliseconds=400)
"""Clocks are decided ahead of their moment. As soon as one is due within the shorter span, all within the longer span
are decided with it, as a batch costs less than single clocks."""
AT_ONCE = 10
"""Clocks decided before other tasks of this process get a turn."""
MOST_READY = 1_000
STALE = timedelta(seconds=1)
"""A decision older than this (the process was stopped, the wall clock jumped) is made again."""
READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 200
WRITERS = 2
"""Batches being written at once, so that clocks that come due meanwhile do not wait."""
BREATH_SECONDS = 0.008
"""Least time between two batches: fuller batches cost less. After a pause a batch is written at once."""


@dataclass(frozen=True)
class ReadyClock:
    """A clock with its events, decided as of its moment."""

    as_of: datetime
    aggregate: StoredAggregate[ClockRecord]
    events: Sequence[OutgoingEvent]


Fresh = tuple[datetime, ReadyClock]
"""The due moment and the decision."""


class Sweeper:
    """`facts_are_in` waits until the events in Kafka are taken: after an outage nobody is blamed for an answer that was
    not read."""

    def __init__(
        self,
        clocks: Clocks,
        reference: Reference,
        lease: Lease,
        facts_are_in: Callable[[], Awaitable[None]],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.clocks = clocks
        self.reference = reference
        self.lease = lease
        self.facts_are_in = facts_are_in
        self.now = now
        self._heap: list[Due] = []
        self._ready: list[Due] = []
        self._decided: dict[str, ReadyClock] = {}
        """Decided clocks."""
        self._waiting: dict[str, datetime] = {}
        self._left = self._nothing_left()
        """Clocks that failed, skipped until a fact moves their moment or a minute has passed."""
        self._wake, self._moment, self._look = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._is_more = self._is_full = False
        self._turn = asyncio.Lock()
        self._next_turn = 0.0

    async def run(self) -> None:
        await self.lease.run(self.lead)

    async def lead(self) -> None:
        """Sweep for ever."""
        for kept in (self._heap, self._ready, self._decided, self._waiting):
            kept.clear()
        self._left = self._nothing_left()
        await self.facts_are_in()
        writers = (self._fire_on_time() for _ in range(WRITERS))
        await run_until_first_failure(self._watch(), self._look_ahead(), self._prepare_ahead(), *writers)

    async def _watch(self) -> None:
        while True:
            async with imminent(self.clocks.collection) as stream:
                self._look.set()
                async for due in stream:
                    self._await(due)

    async def _look_ahead(self) -> None:
        while True:
            self._look.clear()
            most = self._left.beside(MOST_LOADED)
            found = await self.clocks.due_by(self.now() + HORIZON, most)
            self._is_more = len(found) == most
            for due in self._left.without(found):
                self._await(due)
            await _wait(self._look, LOOK_EVERY_SECONDS)

    def _await(self, due: Due) -> None:
        at, submission = due
        if self._waiting.get(submission) == at:
            return
        self._waiting[submission] = at
        heapq.heappush(self._heap, due)
        if self._heap[0] == due:
            self._wake.set()

    def _take(self, heap: list[Due], until: datetime, most: int) -> list[Due]:
        """Take the first clocks, without those whose moment has changed."""
        taken: list[Due] = []
        while heap and heap[0][0] <= until and len(taken) < most:
            due = heapq.heappop(heap)
            if self._waiting.get(due[1]) == due[0]:
                taken.append(due)
        return taken

    def _forget(self, due: Due) -> None:
        if self._waiting.get(due[1]) == due[0]:
            del self._waiting[due[1]]

    async def _prepare_ahead(self) -> None:
        while True:
            self._wake.clear()
            self._is_full = len(self._ready) >= MOST_READY
            now = self.now()
            is_time = not self._is_full and bool(self._heap) and self._heap[0][0] <= now + LATEST
            taken = self._take(self._heap, now + AHEAD, READ_AT_ONCE) if is_time else []
            if not taken:
                await _wait(self._wake, self._seconds_until(self._heap, LATEST))
                continue
            await self.prepare(taken)
            if self._is_more and len(self._heap) < FEW_LEFT:
                self._is_more = False  # the look that is asked for says it again
                self._look.set()

    async def prepare(self, due: Sequence[Due]) -> None:
        """Read these clocks and decide each as of its moment, or as of now where that is past."""
        found, spoilt = await self.clocks.load_readable([submission for _, submission in due])
        for number, (at, submission) in enumerate(due, 1):
            aggregate = found.get(submission)
            decided = self._decide(at, aggregate) if aggregate is not None else None
            if submission in spoilt:
                self._leave((at, submission), spoilt[submission])
            if decided is None:
                self._forget((at, submission))
            elif self._waiting.setdefault(submission, at) == at:
                self._decided[submission] = decided
                heapq.heappush(self._ready, (at, submission))
            if number % AT_ONCE == 0:
                self._moment.set()
                await asyncio.sleep(0)
        self._moment.set()

    async def _fire_on_time(self) -> None:
        while True:
            await self.fire()

    async def fire(self) -> None:
        """Wait for what comes due next, and write it."""
        async with self._turn:
            fresh = await self._next_due()
        await self._write(fresh)

    async def _next_due(self) -> list[Fresh]:
        await asyncio.sleep(max(self._next_turn - time.monotonic(), 0))
        while True:
            self._moment.clear()
            if fresh := self._take_due():
                self._next_turn = time.monotonic() + BREATH_SECONDS
                return fresh
            await _wait(self._moment, self._seconds_until(self._ready))

    def _take_due(self) -> list[Fresh]:
        """Take the ready clocks that are due. A decision that is too old is made again."""
        now = self.now()
        fresh: list[Fresh] = []
        for at, submission in self._take(self._ready, now, WRITTEN_AT_ONCE):
            decided = self._decided.pop(submission, None)
            if decided is None:
                continue  # it moved away and back again, and stood here twice
            if now - decided.as_of <= STALE:
                fresh.append((at, decided))
            else:
                self._again((at, submission))
        if self._is_full and len(self._ready) < MOST_READY // 2:
            self._wake.set()
        return fresh

    def _again(self, due: Due) -> None:
        self._forget(due)
        self._await(due)

    async def _write(self, fresh: Sequence[Fresh]) -> None:
        """Write each clock under its version. One that changed meanwhile is decided again; where a batch fails, each
        goes alone."""
        try:
            await self.clocks.save([decided.aggregate for _, decided in fresh])
        except VersionMiss:
            metrics.SWEEP_MISSES.inc()
            for at, decided in fresh:
                self._again((at, decided.aggregate.id))
            return
        except Exception as error:
            if is_transient(error):
                raise
            if len(fresh) > 1:
                for each in fresh:
                    await self._write([each])
            else:
                [(at, decided)] = fresh
                self._forget((at, decided.aggregate.id))
                self._leave((at, decided.aggregate.id), error)
            return
        durable_at = self.now()
        for at, decided in fresh:
            metrics.count_events(decided.events)
            aggregate = decided.aggregate
            assert aggregate.state is not None
            self._forget((at, aggregate.id))
            metrics.LATENESS.observe((durable_at - at).total_seconds())
            if aggregate.state.next_at is not None and aggregate.state.next_at <= durable_at + HORIZON:
                self._await((aggregate.state.next_at, aggregate.id))

    def _seconds_until(self, heap: Sequence[Due], before: timedelta = timedelta()) -> float:
        if not heap or (heap is self._heap and self._is_full):
            return LONGEST_SLEEP_SECONDS
        return min(LONGEST_SLEEP_SECONDS, max((heap[0][0] - before - self.now()).total_seconds(), 0.001))

    def _nothing_left(self) -> SkippedItems[Due]:
        return SkippedItems("sweeper", lambda: self.now().timestamp())

    def _leave(self, due: Due, error: Exception) -> None:
        """Skip a clock; the others continue."""
        self._left.pass_over(due)
        metrics.SWEEP_FAILURES.inc()
        logger.error("clock not settled", extra={"submission_id": due[1]}, exc_info=error)

    def _decide(self, at: datetime, aggregate: StoredAggregate[ClockRecord]) -> ReadyClock | None:
        """Decide as of the clock's moment, or of now where that is past."""
        record, now = aggregate.state, max(at, self.now())
        assert record is not None
        try:
            decision = declare_due(aggregate.id, record, self.reference, now)
        except RetryLater:
            return None
        except Exception as error:
            self._leave((at, aggregate.id), error)
            return None
        if decision is None:
            return None
        aggregate.apply(decision, self.clocks.source, now, Cause(record.correlation_id))
        return ReadyClock(now, aggregate, decision.events)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait at most this long. (`asyncio.wait_for` may lose a cancellation in Python 3.11.)"""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
