"""Updates the gauges of the clocks in the background, so that a scrape costs nothing.

Every process does it, so that a stopped or missing sweeper is noticed.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.operations.sampling_interval import pause_after
from shared.reference.working_time import utc_now

from sla_monitor import metrics
from sla_monitor.clocks.store import Clocks
from sla_monitor.timekeeping.custody import OPEN

EVERY_SECONDS = 15.0
DAY = timedelta(days=1)


async def measure_clocks(clocks: Clocks, now: Callable[[], datetime] = utc_now) -> None:
    while True:
        began = time.monotonic()
        await measure_once(clocks, now())
        await asyncio.sleep(pause_after(time.monotonic() - began, EVERY_SECONDS))


async def measure_once(clocks: Clocks, now: datetime) -> None:
    unsettled = await clocks.due_by(now, 1)
    metrics.UNSETTLED_AGE.set((now - unsettled[0][0]).total_seconds() if unsettled else 0)
    for state in OPEN:
        metrics.OPEN_CLOCKS.labels(state).set(await clocks.count_open(state))
    metrics.DUE_CLOCKS.set(await clocks.count_due(now, now + DAY))
    metrics.UNKNOWN_CLOCKS.set(await clocks.count_unknown())
    metrics.OVERDUE_CLOCKS.set(await clocks.count_overdue(now))
    received_at = await clocks.oldest_unrouted()
    metrics.UNROUTED_AGE.set((now - received_at).total_seconds() if received_at else 0)
