"""Runs the last work of a process side by side, within a time limit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from shared.concurrency.tasks import CANCELLED_AGAIN_SECONDS

logger = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


async def finish_within(works: Mapping[str, Work], seconds: float) -> None:
    """Begin all at once and wait until they are done, but for no longer than `seconds`. Which failed or was late is
    in the log by its name, and keeps no other from its end."""
    tasks = [asyncio.create_task(_finish(name, work), name=name) for name, work in works.items()]
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        logger.error("not finished in time", extra={"work": task.get_name()})
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=CANCELLED_AGAIN_SECONDS)


async def _finish(name: str, work: Work) -> None:
    try:
        await work()
    except Exception as error:
        logger.error("not finished", extra={"work": name, "reason": type(error).__name__})
