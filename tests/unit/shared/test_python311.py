"""A wait that is cancelled or times out gives back what it took, on every Python."""

import asyncio
from typing import Any

import pytest
import shared.storage.mongo
from pymongo.lock import _async_cond_wait, _async_create_condition, _async_create_lock

from tests.support.eventually import PATIENCE_SECONDS, eventually

assert shared.storage.mongo  # importing it mends asyncio.wait_for


async def test_a_cancelled_wait_leaves_no_lock_behind() -> None:
    """What PyMongo does while it seeks a server."""
    lock = _async_create_lock()
    condition = _async_create_condition(lock)
    returned: list[Any] = []

    async def _seek() -> None:
        async with lock:
            returned.append(await _async_cond_wait(condition, 0.3))

    seeking = asyncio.create_task(_seek())
    await eventually(lambda: condition._waiters)
    async with lock:
        # The time-out falls while another holds the lock, so the wait must take it back, and is cancelled at that.
        await eventually(lambda: not condition._waiters)
        seeking.cancel()
        await asyncio.wait([seeking], timeout=0.05)
        assert lock.locked()
    with pytest.raises(asyncio.CancelledError):
        await seeking
    assert not returned
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with lock:
            pass


async def test_a_cancellation_that_meets_the_end_is_not_lost() -> None:
    async def _wait() -> None:
        await asyncio.wait_for(done, PATIENCE_SECONDS)
        await asyncio.Event().wait()

    done = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(_wait())
    await asyncio.wait([waiting], timeout=0)
    done.set_result(None)
    waiting.cancel()
    finished, _ = await asyncio.wait([waiting], timeout=PATIENCE_SECONDS)
    assert waiting in finished


@pytest.mark.parametrize("timeout", [0, -1, 0.01])
async def test_a_wait_that_takes_too_long_ends(timeout: float) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), timeout)


async def test_what_is_done_is_returned_without_waiting() -> None:
    done = asyncio.get_running_loop().create_future()
    done.set_result("here")
    assert await asyncio.wait_for(done, 0) == "here"
    assert await asyncio.wait_for(done, None) == "here"
