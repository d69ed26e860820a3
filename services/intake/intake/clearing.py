"""Clears away files that were staged and never sent, in one process at a time."""

import asyncio

from shared.clock import utc_now

from intake.attachments import Attachments
from intake.domain.rules import Limits
from intake.repository import Submissions
from intake.use_cases.files import AT_ONCE, clear_away

EVERY_SECONDS = 60.0


async def keep_clearing(attachments: Attachments, submissions: Submissions, limits: Limits) -> None:
    while True:
        if await clear_away(attachments, submissions, limits, utc_now()) < AT_ONCE:
            await asyncio.sleep(EVERY_SECONDS)
