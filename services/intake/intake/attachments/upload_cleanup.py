"""Removes files that were staged and never sent, in one process at a time."""

import asyncio

from shared.reference.working_time import utc_now

from intake.attachments.commands import AT_ONCE, clean_up_uploads
from intake.attachments.store import Attachments
from intake.submissions.store import Submissions
from intake.submissions.time_limits import Limits

EVERY_SECONDS = 60.0


async def keep_cleaning_up(attachments: Attachments, submissions: Submissions, limits: Limits) -> None:
    while True:
        if await clean_up_uploads(attachments, submissions, limits, utc_now()) < AT_ONCE:
            await asyncio.sleep(EVERY_SECONDS)
