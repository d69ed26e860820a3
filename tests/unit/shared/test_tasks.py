"""Tasks end, also those that lose a cancellation."""

import asyncio
import gc
from typing import Any

import pytest
from shared.concurrency.tasks import cancel_all, run_uninterrupted, run_until_first_failure


async def loses_a_cancellation(log: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        log.append("lost")
    await asyncio.Event().wait()


async def fails() -> None:
    raise ValueError("a bug")


async def test_a_task_that_loses_its_cancellation_is_cancelled_again() -> None:
    log: list[str] = []
    task = asyncio.create_task(loses_a_cancellation(log))
    await asyncio.sleep(0)
    await cancel_all([task])
    assert task.cancelled()
    assert log == ["lost"]


async def test_the_error_of_one_ends_the_others_and_is_raised() -> None:
    log: list[str] = []
    with pytest.raises(ValueError, match="a bug"):
        await run_until_first_failure(loses_a_cancellation(log), fails())


async def test_a_part_that_was_cancelled_by_itself_ends_the_others() -> None:
    """As by a library that cancels what it waits for."""

    async def _is_cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await run_until_first_failure(loses_a_cancellation([]), _is_cancelled())


async def test_whoever_is_cancelled_while_ending_others_still_ends_them() -> None:
    running = asyncio.create_task(run_until_first_failure(loses_a_cancellation([]), loses_a_cancellation([])))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_nobody_hears_of_the_error_with_which_a_cancelled_task_ended() -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))

    async def _fails_to_close() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("a connection that is gone")

    task = asyncio.create_task(_fails_to_close())
    await asyncio.sleep(0)
    await cancel_all([task])
    del task
    gc.collect()
    loop.set_exception_handler(None)
    assert complaints == []


async def test_what_must_not_be_interrupted_ends_before_the_cancellation_is_told() -> None:
    goes_on, log = asyncio.Event(), list[str]()

    async def _closes() -> None:
        await goes_on.wait()
        log.append("closed")

    running = asyncio.create_task(run_uninterrupted(_closes()))
    for _ in range(2):
        await asyncio.sleep(0)
        running.cancel()
    assert not running.done()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert log == ["closed"]


async def test_its_error_is_raised() -> None:
    with pytest.raises(ValueError, match="a bug"):
        await run_uninterrupted(fails())
