"""The tasks that a test began, and those that these began in turn: all tests share one loop, and others run on it."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

Tasks = set[asyncio.Task[Any]]

_OWN: ContextVar[Tasks] = ContextVar("own")


@contextlib.contextmanager
def own_tasks() -> Iterator[Tasks]:
    """Grows with each task that is begun within; what is over stays in it."""
    loop, own = asyncio.get_running_loop(), Tasks()
    before = loop.get_task_factory()

    def _begin(loop: asyncio.AbstractEventLoop, work: Any, **known: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **known)
        _OWN.get(Tasks()).add(task)
        return task

    loop.set_task_factory(_begin)
    token = _OWN.set(own)
    try:
        yield own
    finally:
        _OWN.reset(token)
        loop.set_task_factory(before)
