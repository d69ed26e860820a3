"""`asyncio.wait_for` as it is from Python 3.12 on, for Python 3.11.

In 3.11 it waits in a task of its own, and a cancellation that meets its end is lost (cpython#86296). PyMongo waits so
for its sockets and for its topology's lock: after tasks were cancelled while a database was away, every operation of a
process was seen to hang on that lock for ever. From 3.12 on the wait happens in the caller's own task. PyMongo and
aiokafka call it by this name, so it is replaced by name.
"""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

import pymongo.lock

T = TypeVar("T")


async def _wait_for(fut: Awaitable[T], timeout: float | None) -> T:
    if timeout is not None and timeout <= 0:
        future = asyncio.ensure_future(fut)
        if future.done():
            return future.result()
        future.cancel()
        try:
            return await future
        except asyncio.CancelledError as error:
            raise TimeoutError from error
    async with asyncio.timeout(timeout):
        return await fut


def mend_wait_for() -> None:
    """Call before any client is made; does nothing from Python 3.12 on."""
    if sys.version_info < (3, 12):
        asyncio.wait_for = _wait_for  # type: ignore[assignment]
        pymongo.lock.wait_for = _wait_for  # type: ignore[attr-defined,assignment]
