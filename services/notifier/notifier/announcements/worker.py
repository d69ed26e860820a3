"""Worker: tells announcements to their readers."""

import asyncio
import logging
from collections.abc import Callable

from shared.messaging.consumer import is_outage

from notifier.announcements.commands import Announcer

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0


async def keep_announcing(announcer: Announcer, wake: Callable[[], None]) -> None:
    has_begun = False
    while True:
        try:
            if not has_begun:
                await announcer.begin()
                has_begun = True
            while await announcer.once():
                wake()
        except Exception as error:
            if not is_outage(error):
                raise
            logger.warning("announcements paused: database unavailable", extra={"reason": type(error).__name__})
        await asyncio.sleep(LOOK_EVERY_SECONDS)
