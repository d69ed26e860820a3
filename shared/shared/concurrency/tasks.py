"""Tasks that run side by side and surely end, whatever the libraries they wait in do with a cancellation.

A library may swallow one (Python 3.11's own `asyncio.wait_for` did, see `shared.concurrency.python311`), and
`asyncio.TaskGroup` cancels its tasks only once: it would then wait for ever. Here a cancellation is repeated
until the task has ended.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

CANCELLED_AGAIN_SECONDS = 1.0


async def run_until_first_failure(*works: Coroutine[Any, Any, None]) -> None:
    """Run until all are done, or one fails or is cancelled: then the others are ended and its error is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    running = set(tasks)
    try:
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        await cancel_all(tasks)


async def run_uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run to its end, however often it is cancelled: that is told afterwards. It must have an end of its own."""
    running = asyncio.ensure_future(work)
    interrupted: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted
    running.result()


async def cancel_all(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancel until all have ended, whatever they end with then: nobody is told of that."""
    running = {task for task in tasks if not task.done()}
    ended = list(running)
    interrupted: asyncio.CancelledError | None = None
    while running:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=CANCELLED_AGAIN_SECONDS)
        except asyncio.CancelledError as error:
            interrupted = error
        running = {task for task in running if not task.done()}
    for task in ended:
        if not task.cancelled():
            task.exception()
    if interrupted is not None:
        raise interrupted
