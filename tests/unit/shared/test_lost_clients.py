"""Which of aiokafka's tasks may be over, and which not; with real clients: `tests/integration/test_lost_clients.py`."""

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from shared.messaging.lost_clients import lost_consumer, lost_producer


async def _returns() -> None:
    """As a heartbeat does where the group is joined anew."""


async def _fails() -> None:
    raise PermissionError("the group")


async def _over(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    task = asyncio.ensure_future(work)
    await asyncio.wait([task])
    return task


def a_consumer(**tasks: Any) -> Any:
    """At work, but for these."""
    names = ("_sync_task", "_coordination_task", "_fetch_task", "_heartbeat_task", "_commit_refresh_task")
    having = SimpleNamespace(**dict.fromkeys(names) | tasks)
    return SimpleNamespace(_closed=False, _client=having, _coordinator=having, _fetcher=having)


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("_sync_task", "metadata"),
        ("_coordination_task", "coordination"),
        ("_fetch_task", "fetching"),
        ("_heartbeat_task", "heartbeat"),
        ("_commit_refresh_task", "commits"),
    ],
)
async def test_a_task_that_failed_is_told_with_its_error(task: str, name: str) -> None:
    assert lost_consumer(a_consumer(**{task: await _over(_fails())})) == f"{name}: PermissionError"


@pytest.mark.parametrize("task", ["_heartbeat_task", "_commit_refresh_task"])
async def test_what_is_begun_again_may_return(task: str) -> None:
    assert lost_consumer(a_consumer(**{task: await _over(_returns())})) is None


async def test_one_that_has_not_started_or_was_closed_is_not_lost() -> None:
    assert lost_consumer(a_consumer()) is None
    closed = a_consumer(_sync_task=await _over(_fails()))
    closed._closed = True
    assert lost_consumer(closed) is None


async def test_a_producer_that_sends_nothing_any_more_is_lost() -> None:
    ended = await _over(_fails())
    client, sender = SimpleNamespace(_sync_task=None), SimpleNamespace(sender_task=ended)
    producer: Any = SimpleNamespace(_closed=False, client=client, _sender=sender)
    assert lost_producer(producer) == "sending: PermissionError"
    producer._closed = True
    assert lost_producer(producer) is None
