"""Closes answered submissions after a period, and ends unconfirmed requests to follow by mail.

Runs in one process at a time.
"""

import asyncio
from datetime import datetime

from shared.events.envelope import Cause
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate
from shared.storage.item_isolation import SkippedItems

from intake.followers.commands import LAPSES_AFTER, lapse
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from intake.tracking.commands import close

EVERY_SECONDS = 30.0
AT_ONCE = 200


async def close_due(submissions: Submissions, left: SkippedItems[str]) -> int:
    """Close submissions whose time has come; returns how many were examined."""
    now = utc_now()
    due = left.without(await submissions.due_to_close(now, left.beside(AT_ONCE)))

    def _close(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        return close(aggregate.id, aggregate.state, now) if aggregate.state else None

    for id in due:
        with left.one(id):
            await submissions.change(id, _close, now, Cause(correlation_id=id))
    return len(due)


async def lapse_due(submissions: Submissions, now: datetime, left: SkippedItems[str]) -> int:
    """End expired requests; returns how many submissions had one."""
    due = left.without(await submissions.requests_open_since(now - LAPSES_AFTER, left.beside(AT_ONCE)))

    def _lapse(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        return lapse(aggregate.id, aggregate.state, now) if aggregate.state else None

    for id in due:
        with left.one(id):
            await submissions.change(id, _lapse, now, Cause(correlation_id=id))
    return len(due)


async def keep_closing(submissions: Submissions) -> None:
    not_closed, not_ended = SkippedItems[str]("closing"), SkippedItems[str]("closing")
    while True:
        looked_at = await close_due(submissions, not_closed), await lapse_due(submissions, utc_now(), not_ended)
        if max(looked_at) < AT_ONCE:
            await asyncio.sleep(EVERY_SECONDS)
