"""Whether a client of Kafka can still go on (ADR 48).

aiokafka does its work in tasks of its own. Where one of them ends, the client does nothing any more, and it is told to
nobody, or to the log. Where they are is as of the version in the lock file; tests end them.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

LOOKED_AT_EVERY_SECONDS = 5.0

Task = asyncio.Task[Any] | None


class ClientLost(Exception):
    """A task of it is over though the client is not; it never comes back by itself."""


async def watch(*looks: Callable[[], str | None]) -> None:
    """Raises ClientLost when one of these says why."""
    while True:
        for look in looks:
            if why := look():
                raise ClientLost(why)
        await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)


def lost_consumer(consumer: AIOKafkaConsumer) -> str | None:
    """Which task is over, and by what: `metadata: RuntimeError`. None for one that works, starts or was closed."""
    if consumer._closed:
        return None
    coordinator = consumer._coordinator
    for_ever = {
        "metadata": consumer._client._sync_task,
        "coordination": getattr(coordinator, "_coordination_task", None),
        "fetching": getattr(consumer._fetcher, "_fetch_task", None),
    }
    # These return, and are begun again. After an error nobody does that: each fetch raises it, again and again.
    at_times = {
        "heartbeat": getattr(coordinator, "_heartbeat_task", None),
        "commits": getattr(coordinator, "_commit_refresh_task", None),
    }
    failed = ((name, task) for name, task in at_times.items() if _has_failed(task))
    return _first_that_is_over([*for_ever.items(), *failed])


def lost_producer(producer: AIOKafkaProducer) -> str | None:
    """As `lost_consumer`."""
    if producer._closed:
        return None
    return _first_that_is_over([("metadata", producer.client._sync_task), ("sending", producer._sender.sender_task)])


def _first_that_is_over(tasks: Iterable[tuple[str, Task]]) -> str | None:
    return next((f"{name}: {_end_of(task)}" for name, task in tasks if task is not None and task.done()), None)


def _has_failed(task: Task) -> bool:
    return task is not None and task.done() and not task.cancelled() and task.exception() is not None


def _end_of(task: asyncio.Task[Any]) -> str:
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return type(error.__cause__ or error).__name__ if error else "returned"
