"""Whether a consumer can still go on (ADR 48).

aiokafka does its work in tasks of its own. Where one of them ends, the consumer takes nothing any more, and it is told
to nobody, or to the log. Where they are is as of the version in the lock file; a test ends each of them.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer

LOOKED_AT_EVERY_SECONDS = 5.0


class ConsumerLost(Exception):
    """A task of it is over though the consumer is not; it never comes back by itself."""


async def watch(*looks: Callable[[], str | None]) -> None:
    """Raises ConsumerLost when one of these says why, as `lost` does."""
    while True:
        for look in looks:
            if why := look():
                raise ConsumerLost(why)
        await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)


def lost(consumer: AIOKafkaConsumer) -> str | None:
    """Which task is over, and by what: `metadata: RuntimeError`. None for one that works, starts or was closed."""
    if consumer._closed:
        return None
    tasks: dict[str, asyncio.Task[Any] | None] = {
        "metadata": consumer._client._sync_task,
        "coordination": getattr(consumer._coordinator, "_coordination_task", None),
        "fetching": getattr(consumer._fetcher, "_fetch_task", None),
    }
    return next((f"{name}: {_end_of(task)}" for name, task in tasks.items() if task is not None and task.done()), None)


def _end_of(task: asyncio.Task[Any]) -> str:
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return type(error.__cause__ or error).__name__ if error else "returned"
