"""Failed work is tried again; the log names the error's class only."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from shared.messaging.kafka import WrongTopic
from shared.operations.metrics import WORKER_RESTARTS
from shared.serving.supervision import supervised, until_started

from tests.support.logged import logged_by


class Failing:
    """Fails with each of these errors, then works."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.is_done = False

    async def work(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.is_done = True


async def test_what_is_not_there_yet_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    failing = Failing(ConnectionError("mongodb://user:secret@host"), WrongTopic("it has 3 partitions"))
    await until_started("Kafka", failing.work)
    assert failing.is_done
    told = [(vars(record)["for"], vars(record)["error"]) for record in logged_by(caplog, "shared.serving.supervision")]
    assert told == [("Kafka", "ConnectionError"), ("Kafka", "it has 3 partitions")]


async def test_a_worker_that_fails_starts_again_and_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    before = WORKER_RESTARTS.labels("dreamer")._value.get()
    failing = Failing(ExceptionGroup("several", [ValueError("what somebody wrote")]))
    await supervised("dreamer", failing.work)
    assert failing.is_done
    assert WORKER_RESTARTS.labels("dreamer")._value.get() == before + 1
    (record,) = logged_by(caplog, "shared.serving.supervision")
    assert (vars(record)["worker"], vars(record)["error"]) == ("dreamer", "ValueError")
    assert "somebody" not in caplog.text


async def test_a_worker_that_returns_is_done() -> None:
    failing = Failing()
    await supervised("dreamer", failing.work)
    assert failing.is_done


async def test_the_cancellation_of_something_else_is_an_error_like_others() -> None:
    """aiokafka lets that of a fetch out, which it cancelled itself while its consumer was stopped."""
    failing = Failing(asyncio.CancelledError())
    await until_started("Kafka", failing.work)
    assert failing.is_done
    failing = Failing(asyncio.CancelledError())
    await supervised("dreamer", failing.work)
    assert failing.is_done


@pytest.mark.parametrize("how", [until_started, supervised])
async def test_whoever_is_cancelled_ends(how: Callable[..., Coroutine[Any, Any, None]]) -> None:
    task = asyncio.create_task(how("dreamer", asyncio.Event().wait))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
