"""Brings every open clock under the newest rulebook: after a publication, and what was read by an earlier one since.

One process at a time, under a lease, which only saves work. Each clock is written under the version it was read with,
and says itself by which rulebook it was read, so an interruption loses nothing. That a deadline moved is told after
that, in a second pass, so many a second and with a bounded number before the relay: news of new submissions does not
queue behind a hundred thousand moved deadlines, here or at the services that take them in. Both passes give way to live
events (`giving_way.py`).
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
from sla_monitor.clocks.commands import Reference, judge_anew, tell_of_move
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Batches, Clocks, Digests
from sla_monitor.recalculation.adaptive_throttle import GivingWay
from sla_monitor.recalculation.moves import MOST_FAILED, Digest, digest_of
from sla_monitor.recalculation.store import MoveStore

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
BATCH = 200
"""What is on its way at a time: of more, Python's collector would walk through it again and again."""
TOLD_AT_ONCE = 50
WRITTEN_AT_ONCE = 2
"""Batches on their way to the database: while one becomes durable, the other is sent."""
AT_ONCE = 40
"""So many are judged before others have their turn in this process."""
MOST_WAITING = 6_000
"""Clocks with unsent events, beyond which no more are made to speak: less than a second's work for the relay, and more
than it takes one by one from the change stream."""
AGAIN_AFTER_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
TOLD_WITHIN = timedelta(days=7)
"""After its publication; what is older, nobody is told as news."""


Decided = tuple[StoredAggregate[ClockRecord], Sequence[OutgoingEvent]]
"""A clock, and what it is to say."""
Judge = Callable[[str, ClockRecord, Reference, datetime], Decision[ClockRecord] | None]


class Judging:
    """Each entity is told how many of its due times moved in one event, once all of them were looked at."""

    def __init__(
        self,
        clocks: Clocks,
        moves: MoveStore,
        digests: Digests,
        reference: Reference,
        moves_per_second: float,
        way: GivingWay,
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
        """For ever."""
        while True:
            try:
                await self.note_failed()
                await self.bring_up_to_date()
                await self.tell_of_each()
                await self.note_failed()
                await self.tell_of_moves()
            finally:
                self.way.rest()
            await self.reference.rulebooks.news(LOOK_EVERY_SECONDS)

    async def bring_up_to_date(self) -> int:
        """How many clocks were judged anew. One that cannot be judged is left, and holds up no other."""
        judged = 0
        newest = self.reference.rulebooks.newest
        while newest is not None:
            failed = self._left_out(newest.version)
            if len(failed) > MOST_FAILED:
                break
            clocks = self._beside_others(self.clocks.read_by_earlier(newest.version, BATCH, failed))
            found, judged_now = await self._once_through(newest.version, clocks, judge_anew, metrics.JUDGED_ANEW)
            if not found:
                break
            judged += judged_now
            newest = self.reference.rulebooks.newest
        return judged

    async def tell_of_each(self) -> None:
        """Of each due time that moved; as soon as other rules hold, these come first."""
        while (newest := self.reference.rulebooks.newest) is not None:
            failed = self._left_out(newest.version)
            if len(failed) > MOST_FAILED or not await self.clocks.all_read_by(newest.version, failed):
                break
            untold = self._paced(self.clocks.untold(TOLD_AT_ONCE, failed), newest.version)
            _, told = await self._once_through(newest.version, untold, tell_of_move, metrics.MOVES_TOLD)
            if not told:
                break  # none is left, or not one of them could be told now

    async def note_failed(self) -> None:
        """For the report of the newest rulebook, which any process shows."""
        newest = self.reference.rulebooks.newest
        if newest is None:
            return
        failed = (newest.version, self._left_out(newest.version))
        if failed != self._noted:
            await self.moves.note_failed(*failed)
            self._noted = failed

    async def _beside_others(self, batches: Batches) -> Batches:
        """After each batch a pause, until it took no more than its share of the time, or the longest there is."""
        began = time.monotonic()
        async with aclosing(batches):
            async for batch in batches:
                took = time.monotonic() - began
                await asyncio.sleep(min(took / self.way.share() - took, LONGEST_PAUSE_SECONDS))
                began = time.monotonic()
                yield batch

    async def _paced(self, batches: Batches, version: int) -> Batches:
        """So many in a second at most, over all passes; fewer beside live events. Ends when other rules hold."""
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

    async def tell_of_moves(self) -> None:
        """One event per entity and rulebook, however often this is asked for; also of one that was soon corrected."""
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
        """How many were found, and how many of them were judged and written. While the database writes, the next ones
        are decided. Ends early where too many fail, or another rulebook holds meanwhile."""
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
        """Clocks that could not be judged by this rulebook."""
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
        """What it is to say; None where it is left as it is."""
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
        """Until another rulebook is published, or this starts anew."""
        self._count_failed(id)
        logger.error("clock not judged anew", extra={"id": id}, exc_info=error)

    def _count_failed(self, id: str) -> None:
        """Also of a clock that became unknown: a rulebook that does this to too many is not tried on the others."""
        newest = self.reference.rulebooks.newest
        self._failed[id] = newest.version if newest else 0
        metrics.JUDGING_FAILURES.inc()

    async def _until_there_is_room(self) -> None:
        while True:
            if await self.clocks.backlog(MOST_WAITING) < MOST_WAITING:
                return
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
