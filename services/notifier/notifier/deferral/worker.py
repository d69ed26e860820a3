"""Worker: lets go what was held for a time."""

import asyncio
import logging
from collections.abc import Callable

from shared.messaging.consumer import is_outage

from notifier.deferral.deferred_release import DeferredRelease

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0


async def keep_releasing(deferred_release: DeferredRelease, wake: Callable[[], None]) -> None:
    while True:
        may_be_more = False
        try:
            released, may_be_more = await deferred_release.once()
            if released:
                wake()
        except Exception as error:
            if not is_outage(error):
                raise
            logger.warning("releasing paused: database unavailable", extra={"reason": type(error).__name__})
        if not may_be_more:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
