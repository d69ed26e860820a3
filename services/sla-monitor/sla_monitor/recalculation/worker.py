"""Recalculates every open clock under the newest rulebook, after a publication and after a start.

One process at a time, under a lease, which only saves work. Each clock is written under the version it was read with,
and stores the rulebook it was computed by, so an interruption loses nothing. Moves are published afterwards in a second
pass, at a limited rate and with a bounded number before the relay: events of new submissions do not queue behind a
hundred thousand moves, here or in the consuming services. Both passes slow down beside live events
(`adaptive_throttle.py`).
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from prometheus_client import Counter
from shared.concurrency.tasks import cancel_all
from shared.events.envelope import Cause, OutgoingEvent
from shared.messaging.consumer import RetryLater
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate, VersionMiss

from sla_monitor import metrics
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.clocks.commands import publish_move, recalculate
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Batches, Clocks
from sla_monitor.recalculation.adaptive_throttle import AdaptiveThrottle
from sla_monitor.recalculation.moves import MOST_FAILED, Digest, digest_of
from sla_monitor.recalculation.store import Digests, MoveStore
from sla_monitor.timekeeping.reference import Reference

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
BATCH = 200
"""Batch size: with more objects alive, Python's collector would traverse them again and again."""
TOLD_AT_ONCE = 50
WRITTEN_AT_ONCE = 2
"""Batches being written at once: while one becomes durable, the next is sent."""
AT_ONCE = 40
"""Clocks computed before other tasks of this process get a turn."""
MOST_WAITING = 6_000
"""Limit of clocks with unsent events: less than a second's work for the relay, and more than it takes one by one from
the change stream."""
AGAIN_AFTER_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
TOLD_WITHIN = timedelta(days=7)
"""Age limit of a rulebook whose moves are still published as news."""


Decided = tuple[StoredAggregate[ClockRecord], Sequence[OutgoingEvent]]
"""A clock with the events to publish."""
Judge = Callable[[str, ClockRecord, Reference, datetime], Decision[ClockRecord] | None]


class Recalculation:
    """Publishes one summary of moves per entity, once all clocks are recalculated."""

    def __init__(
        self,
        clocks: Clocks,
        moves: MoveStore,
        digests: Digests,
        reference: Reference,
        moves_per_second: float,
        way: AdaptiveThrottle,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.clocks = clocks
        self.moves = moves
        self.digests = digests
        self.reference = reference
        self.moves_per_second = moves_per_second
        self.way = way
        self.now = now
        self._told = 0
        self._telling_at = 0.0
        self._failed: dict[str, int] = {}
        self._noted: tuple[int, list[str]] | None = None

    async def keep(self) -> None:
        while True:
            try:
                await self.note_failed()
                await self.recalculate_all()
                await self.publish_each_move()
                await self.note_failed()
                await self.publish_digests()
            finally:
                self.way.rest()
            await self.reference.rulebooks.news(LOOK_EVERY_SECONDS)

    async def recalculate_all(self) -> int:
        """Recalculate all open clocks. Returns their number. A clock that fails is skipped; the others continue."""
        judged = 0
        newest = self.reference.rulebooks.newest
        while newest is not None:
            failed = self._left_out(newest.version)
            if len(failed) > MOST_FAILED:
                break
            clocks = self._throttled(self.clocks.read_by_earlier(newest.version, BATCH, failed))
            found, judged_now = await self._once_through(newest.version, clocks, recalculate, metrics.JUDGED_ANEW)
            if not found:
                break
            judged += judged_now
            newest = self.reference.rulebooks.newest
        return judged

    async def publish_each_move(self) -> None:
        """Publish each move. Stops as soon as another rulebook is published."""
        while (newest := self.reference.rulebooks.newest) is not None:
            failed = self._left_out(newest.version)
            if len(failed) > MOST_FAILED or not await self.clocks.all_read_by(newest.version, failed):
                break
            untold = self._paced(self.clocks.untold(TOLD_AT_ONCE, failed), newest.version)
            _, told = await self._once_through(newest.version, untold, publish_move, metrics.MOVES_TOLD)
            if not told:
                break  # none is left, or not one of them could be told now

    async def note_failed(self) -> None:
        """Store the failures for the report of the newest rulebook, which any process shows."""
        newest = self.reference.rulebooks.newest
        if newest is None:
            return
        failed = (newest.version, self._left_out(newest.version))
        if failed != self._noted:
            await self.moves.note_failed(*failed)
            self._noted = failed

    async def _throttled(self, batches: Batches) -> Batches:
        """Pause after each batch, so that the work takes no more than its share of the time."""
        began = time.monotonic()
        async with aclosing(batches):
            async for batch in batches:
                took = time.monotonic() - began
                await asyncio.sleep(min(took / self.way.share() - took, LONGEST_PAUSE_SECONDS))
                began = time.monotonic()
                yield batch

    async def _paced(self, batches: Batches, version: int) -> Batches:
        """Limit the batches per second over all passes, to fewer beside live events. Ends when another rulebook is
        published."""
        async with aclosing(batches):
            async for batch in batches:
                await self._until_its_turn(version)
                if self._is_followed(version):
                    return
                self._telling_at = time.monotonic() + len(batch) / (self.moves_per_second * self.way.share())
                yield batch

    async def _until_its_turn(self, version: int) -> None:
        while not self._is_followed(version):
            seconds = self._telling_at - time.monotonic()
            if seconds <= 0:
                return
            await asyncio.sleep(min(seconds, LOOK_EVERY_SECONDS))

    def _is_followed(self, version: int) -> bool:
        newest = self.reference.rulebooks.newest
        return newest is not None and newest.version > version

    async def publish_digests(self) -> None:
        """Publish one summary per entity and rulebook, once; also for a rulebook that was soon replaced."""
        newest = self.reference.rulebooks.newest
        if newest is None or newest.version == self._told:
            return
        failed = self._left_out(newest.version)
        if not (await self.clocks.all_read_by(newest.version, failed) and await self.clocks.all_told(failed)):
            return  # another was published meanwhile
        for version in range(newest.version, self._told, -1):
            rulebook = self.reference.rulebooks.get(version)
            if rulebook is None or self.now() - rulebook.published_at > TOLD_WITHIN:
                break
            await self._tell_of(rulebook)
        self._told = newest.version

    async def _tell_of(self, rulebook: Rulebook) -> None:
        tallies = await self.moves.tallies(rulebook.version, rulebook.published_at)
        for entity, tally in tallies.by_number():
            digest = digest_of(entity, tally, rulebook.version, rulebook.published_at)
            key = f"{entity}:rules-{rulebook.version}"

            def tell(known: StoredAggregate[Digest], digest: Digest = digest) -> Decision[Digest] | None:
                return None if known.state is not None else Decision(digest, [OutgoingEvent(digest.told)])

            await self.digests.change(key, tell, self.now(), Cause(key))

    async def _once_through(self, version: int, batches: Batches, judge: Judge, counter: Counter) -> tuple[int, int]:
        """Return how many clocks were found and how many were written. The next batch is computed while one is written.
        Ends early where too many fail, or another rulebook is published."""
        found = written = 0
        speaks = True
        writing: deque[asyncio.Task[int]] = deque()
        try:
            async with aclosing(batches):
                async for batch in batches:
                    found += len(batch)
                    for id, error in batch.spoilt.items():
                        self._leave(id, error)
                    if speaks:
                        await self._until_there_is_room()
                    decided = await self._decide_all(batch.clocks, judge)
                    speaks = any(events for _, events in decided)
                    if len(writing) == WRITTEN_AT_ONCE:
                        written += await writing[0]
                        writing.popleft()
                    writing.append(asyncio.create_task(self._write(decided, counter)))
                    if len(self._left_out(version)) > MOST_FAILED or self._is_followed(version):
                        break
            written += sum(await asyncio.gather(*writing))
        finally:
            await cancel_all(writing)
        return found, written

    def _left_out(self, version: int) -> list[str]:
        """Return the clocks that failed under this rulebook."""
        return [id for id, failed_by in self._failed.items() if failed_by == version]

    async def _decide_all(self, batch: Sequence[StoredAggregate[ClockRecord]], judge: Judge) -> list[Decided]:
        decided: list[Decided] = []
        for number, aggregate in enumerate(batch):
            if (events := self._decide(aggregate, judge)) is not None:
                decided.append((aggregate, events))
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
        return decided

    async def _write(self, decided: Sequence[Decided], counter: Counter) -> int:
        try:
            await self.clocks.save([aggregate for aggregate, _ in decided])
        except VersionMiss:
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
            return 0  # a fact came for one of them: they are found again
        counter.inc(len(decided))
        for _, events in decided:
            metrics.count_events(events)
        return len(decided)

    def _decide(self, aggregate: StoredAggregate[ClockRecord], judge: Judge) -> Sequence[OutgoingEvent] | None:
        """Compute the events of a clock; None where it is left as it is."""
        record = aggregate.state
        assert record is not None
        now = self.now()
        try:
            decision = judge(aggregate.id, record, self.reference, now)
        except RetryLater:
            return None
        except Exception as error:
            self._leave(aggregate.id, error)
            return None
        if decision is None:
            return None
        if decision.state is not None and decision.state.unknown is not None:
            self._count_failed(aggregate.id)
        aggregate.apply(decision, self.clocks.source, now, Cause(record.correlation_id))
        return decision.events

    def _leave(self, id: str, error: Exception) -> None:
        """Skip a clock until another rulebook is published or the process restarts."""
        self._count_failed(id)
        logger.error("clock not recalculated", extra={"id": id}, exc_info=error)

    def _count_failed(self, id: str) -> None:
        """Count a failure, also for a clock that became unknown: a rulebook that fails for too many is not tried on the
        others."""
        newest = self.reference.rulebooks.newest
        self._failed[id] = newest.version if newest else 0
        metrics.JUDGING_FAILURES.inc()

    async def _until_there_is_room(self) -> None:
        while True:
            if await self.clocks.backlog(MOST_WAITING) < MOST_WAITING:
                return
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
