"""Retries work until it succeeded once, or restarts it for as long as the process lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.messaging.kafka import WrongTopic
from shared.operations.metrics import WORKER_RESTARTS

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0


async def until_started(what: str, attempt: Callable[[], Awaitable[None]]) -> None:
    """Until it succeeds; `what` is waited for, as the log says."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            await attempt()
            return
        except (Exception, asyncio.CancelledError) as error:
            if _is_to_end(error):
                raise
            logger.warning("waiting to start", extra={"for": what, "error": _told(error)})
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def supervised(name: str, worker: Callable[[], Awaitable[None]]) -> None:
    """Again whenever it fails, counted under its name, until it returns. Who ran for a while starts again at once."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await worker()
            return
        except (Exception, asyncio.CancelledError) as error:
            if _is_to_end(error):
                raise
            WORKER_RESTARTS.labels(name).inc()
            logger.warning("worker starts again", extra={"worker": name, "error": _first(error)})
        if asyncio.get_running_loop().time() - began > 2 * LONGEST_PAUSE_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _is_to_end(error: BaseException) -> bool:
    """Whether this task was cancelled. Others' cancellations come as errors do: aiokafka lets out that of a fetch which
    it cancelled itself."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, WrongTopic) else type(error).__name__


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
