"""Deletes the files and the dead letters of erased submissions."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.events.envelope import Cause
from shared.messaging.dead_letters import DeadLetters
from shared.privacy.erasures import keep_erasing
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate
from shared.storage.item_isolation import SkippedItems

from intake.attachments.store import Attachments
from intake.erasure.commands import complete, erase
from intake.submissions.model import Erasure, Submission
from intake.submissions.store import Submissions

AT_ONCE = 100
RETENTION_EVERY_SECONDS = 3_600.0


class Erased:
    """Finds erased submissions in intake's own collection, where the erasure is part of the state."""

    def __init__(self, submissions: Submissions) -> None:
        self._submissions = submissions

    async def due(self, limit: int) -> Sequence[str]:
        return await self._submissions.to_erase(limit)

    async def done(self, submission_id: str) -> None:
        def _complete(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
            return complete(aggregate.state) if aggregate.state else None

        await self._submissions.change(submission_id, _complete, utc_now(), Cause(correlation_id=submission_id))

    async def among(self, submission_ids: Sequence[str]) -> set[str]:
        return await self._submissions.erased_among(submission_ids)


async def erase_old(submissions: Submissions, after: timedelta, now: datetime, left: SkippedItems[str]) -> int:
    """Erase the persons of submissions that ended long ago; returns the number of submissions."""
    old = left.without(await submissions.ended_before(now - after, left.beside(AT_ONCE)))
    erasure = Erasure(at=now, by="retention", reason="retention")

    def _erase(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        return erase(aggregate.id, aggregate.state, erasure, now) if aggregate.state else None

    for id in old:
        with left.one(id):
            await submissions.change(id, _erase, now, Cause(correlation_id=id))
    return len(old)


async def keep_to_retention(submissions: Submissions, after: timedelta) -> None:
    left = SkippedItems[str]("retention")
    while True:
        if await erase_old(submissions, after, utc_now(), left) < AT_ONCE:
            await asyncio.sleep(RETENTION_EVERY_SECONDS)


async def keep_erasing_submissions(submissions: Submissions, attachments: Attachments, letters: DeadLetters) -> None:
    async def forget(submission_id: str) -> None:
        await attachments.delete_all_of(submission_id)

    await keep_erasing(Erased(submissions), letters, forget)
