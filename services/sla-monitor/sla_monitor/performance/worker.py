"""Keeps the record up to date and publishes it; one process at a time, under a lease, which only saves work."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.concurrency.tasks import run_until_first_failure
from shared.events.deadlines import PerformancePublished
from shared.events.envelope import Cause, OutgoingEvent
from shared.messaging.consumer import retry_transient
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate

from sla_monitor import metrics
from sla_monitor.performance import gauges
from sla_monitor.performance.commands import Performance, Record
from sla_monitor.performance.figures import Publication, publication_of
from sla_monitor.performance.recount import recount
from sla_monitor.performance.store import MOST_AT_ONCE, Publications

ADDED_UP_EVERY_SECONDS = 0.5
LOOK_EVERY_SECONDS = 5.0


class RecordKeeper:
    """Publishes an entity's figures at most once in `every_seconds`."""

    def __init__(
        self,
        record: Record,
        publications: Publications,
        every_seconds: float,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.record = record
        self.publications = publications
        self.every = timedelta(seconds=every_seconds)
        self.now = now
        self._shown: int | None = None

    async def keep(self) -> None:
        await retry_transient(self.record.store.spread)
        await recount(self.record.clocks, self.record.store, self.record.reference)
        metrics.TARGET_SHARE.set(self.record.target_share)
        try:
            await run_until_first_failure(self._add_up(), self._publish())
        finally:
            gauges.forget_year()

    async def _add_up(self) -> None:
        while True:
            if await self.record.store.add_up() < MOST_AT_ONCE:
                await asyncio.sleep(ADDED_UP_EVERY_SECONDS)

    async def _publish(self) -> None:
        pause = min(self.every.total_seconds(), LOOK_EVERY_SECONDS)
        while True:
            await self.publish_changed()
            await asyncio.sleep(pause)

    async def publish_changed(self) -> None:
        """Publish this year's figures of every entity whose figures changed since they were last published."""
        now = self.now()
        performance = await self.record.of(self.record.year_of(now), now)
        self._show(performance)
        keys = {entity: f"{entity}:{performance.year:04}" for entity in performance.entities}
        published = await self.publications.load(list(keys.values()))
        for entity, figures in performance.entities.items():
            data = publication_of(
                entity, performance.year, figures, self.record.target_share, self.record.reference.working_day_seconds
            )
            known = published.get(keys[entity], StoredAggregate(keys[entity]))
            if self._decide(known, data, now) is not None:
                await self._tell(keys[entity], data, now)

    def _show(self, performance: Performance) -> None:
        if performance.year != self._shown:
            gauges.forget_year()
            self._shown = performance.year
        gauges.show_year(performance.entities)

    async def _tell(self, key: str, data: PerformancePublished, now: datetime) -> None:
        cause = Cause(f"performance:{key}")
        await self.publications.change(key, lambda known: self._decide(known, data, now), now, cause)

    def _decide(
        self, known: StoredAggregate[Publication], data: PerformancePublished, now: datetime
    ) -> Decision[Publication] | None:
        told = known.state
        if told is not None and (told.figures == data or now - told.at < self.every):
            return None
        return Decision(Publication(figures=data, at=now), [OutgoingEvent(data)])
