"""Worker: takes over what earlier versions noted in another way."""

import asyncio
import logging
from collections.abc import Callable

from shared.messaging.consumer import is_outage
from shared.storage.aggregates import Conflict

from notifier.preferences.migration import TakingOver

logger = logging.getLogger(__name__)

TIMES = 2
AGAIN_AFTER_SECONDS = 3_600.0
"""Then no process of an earlier version is left that notes any more."""
PAUSE_SECONDS = 1.0


async def keep_taking_over(taking_over: TakingOver, done: Callable[[], None]) -> None:
    """`done` is called when all is taken over that was there at the beginning."""
    times = 0
    while times < TIMES:
        try:
            await taking_over.once()
        except Exception as error:
            if not (is_outage(error) or isinstance(error, Conflict)):
                raise
            logger.warning("taking over waits", extra={"reason": type(error).__name__})
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        done()
        times += 1
        if times < TIMES:
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
