"""The sweeper: makes happen what a clock asks for, at its moment, never before.

The index is looked at every few seconds for what comes within the horizon; that waits in a heap in the process, which
sleeps until the next. What is set to happen sooner is announced by the database. One sweeper works at a time, under a
lease, which only saves work: each decision is written under the version it was read with, so two do no harm.
"""

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from shared.aggregates import Aggregate, VersionMiss
from shared.clock import utc_now
from shared.events.envelope import Cause
from shared.lease import Lease
from shared.messaging import RetryLater
from shared.tasks import together

from sla_monitor import metrics
from sla_monitor.domain.record import HORIZON, ClockRecord
from sla_monitor.repository import Clocks, Due
from sla_monitor.use_cases.keep_clock import Reference, time_has_come

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = HORIZON.total_seconds() / 2
LONGEST_SLEEP_SECONDS = 1.0
"""The wall clock may jump: it is asked at least so often."""
MOST_LOADED = 5_000
FEW_LEFT = MOST_LOADED // 2
"""Where more was due than could be loaded, the next are loaded before the heap is empty: none waits for that."""
BATCH = 200


class Sweeper:
    """`facts_are_in` waits until what Kafka held was taken: after an outage nobody is blamed for unread answers."""

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
        self._waiting: dict[str, datetime] = {}
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._is_more = False

    async def run(self) -> None:
        await self.lease.run(self.lead)

    async def lead(self) -> None:
        """Sweep for ever."""
        self._heap.clear()
        self._waiting.clear()
        await self.facts_are_in()
        await together(self._watch(), self._look_ahead(), self._fire())

    async def _watch(self) -> None:
        async with self.clocks.imminent() as stream:
            self._look.set()
            async for due in stream:
                self._await(due)

    async def _look_ahead(self) -> None:
        while True:
            self._look.clear()
            found = await self.clocks.due_by(self.now() + HORIZON, MOST_LOADED)
            self._is_more = len(found) == MOST_LOADED
            for due in found:
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

    def _take_due(self) -> list[Due]:
        taken: list[Due] = []
        now = self.now()
        while self._heap and self._heap[0][0] <= now and len(taken) < BATCH:
            due = heapq.heappop(self._heap)
            if self._waiting.get(due[1]) == due[0]:
                del self._waiting[due[1]]
                taken.append(due)
        return taken

    async def _fire(self) -> None:
        while True:
            self._wake.clear()
            taken = self._take_due()
            if taken:
                await self.settle(taken)
                if self._is_more and len(self._heap) < FEW_LEFT:
                    self._is_more = False  # the look that is asked for says it again
                    self._look.set()
                continue
            sleep = LONGEST_SLEEP_SECONDS
            if self._heap:
                sleep = min(sleep, max((self._heap[0][0] - self.now()).total_seconds(), 0.001))
            await _wait(self._wake, sleep)

    async def settle(self, due: Sequence[Due]) -> None:
        """Decide these clocks and write them, each under its version; who lost a race is decided again."""
        moments = {submission: at for at, submission in due}
        found = await self.clocks.load(list(moments))
        settled = [aggregate for aggregate in found.values() if self._decide(aggregate)]
        try:
            await self.clocks.save(settled)
        except VersionMiss:
            metrics.SWEEP_MISSES.inc()
            for aggregate in settled:
                self._await((moments[aggregate.id], aggregate.id))
            return
        durable_at = self.now()
        for aggregate in settled:
            assert aggregate.state is not None
            metrics.LATENESS.observe((durable_at - moments[aggregate.id]).total_seconds())
            if aggregate.state.next_at is not None and aggregate.state.next_at <= durable_at + HORIZON:
                self._await((aggregate.state.next_at, aggregate.id))

    def _decide(self, aggregate: Aggregate[ClockRecord]) -> bool:
        """A clock that cannot be settled is left for the next look, and holds up no other."""
        record = aggregate.state
        assert record is not None
        now = self.now()
        try:
            decision = time_has_come(aggregate.id, record, self.reference, now)
        except RetryLater:
            return False
        except Exception:
            metrics.SWEEP_FAILURES.inc()
            logger.exception("clock not settled", extra={"correlation_id": record.correlation_id})
            return False
        if decision is None:
            return False
        aggregate.apply(decision, self.clocks.source, now, Cause(record.correlation_id))
        metrics.count_events(decision.events)
        return True


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """At most so long. (`asyncio.wait_for` may lose a cancellation in Python 3.11.)"""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
