"""How much waits at the central office, as gauges."""

import asyncio

from shared.reference.working_time import utc_now

from router.cases.store import Assignments
from router.metrics import TRIAGE_AGE, TRIAGE_DEPTH

LOOKED_UP_EVERY_SECONDS = 5.0


async def watch_triage(assignments: Assignments) -> None:
    while True:
        depth, received_at = await assignments.triage_depth()
        TRIAGE_DEPTH.set(depth)
        TRIAGE_AGE.set((utc_now() - received_at).total_seconds() if received_at else 0)
        await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)
