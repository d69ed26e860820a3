"""Closes what was answered long enough ago, in one process at a time."""

import asyncio

from shared.aggregates import Aggregate, Decision
from shared.clock import utc_now
from shared.events.envelope import Cause

from intake.domain.submission import Submission
from intake.repository import Submissions
from intake.use_cases.citizen import close

EVERY_SECONDS = 30.0
AT_ONCE = 200


async def close_due(submissions: Submissions) -> int:
    """Close everything whose time has come; how many were looked at."""
    now = utc_now()
    due = await submissions.due_to_close(now, AT_ONCE)

    def _close(aggregate: Aggregate[Submission]) -> Decision[Submission] | None:
        return close(aggregate.id, aggregate.state, now) if aggregate.state else None

    for id in due:
        await submissions.change(id, _close, now, Cause(correlation_id=id))
    return len(due)


async def keep_closing(submissions: Submissions) -> None:
    while True:
        if await close_due(submissions) < AT_ONCE:
            await asyncio.sleep(EVERY_SECONDS)
