"""What tells browsers that something is new: `tests/component/test_live.py` has it with a real database."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pytest
from shared.concurrency.tasks import cancel_all
from shared.live.updates import Live, Version
from shared.storage.aggregates import Document

ID = "a-submission"


class Stream:
    """A change stream with these changes. One that was invalidated answers None at once, for ever."""

    def __init__(self, *changes: int, alive: bool) -> None:
        self.changes = list(changes)
        self.alive = alive

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def try_next(self) -> int | None:
        if self.changes:
            return self.changes.pop(0)
        if self.alive:
            await asyncio.Event().wait()
        return None


class Versions:
    """Their collection was dropped; then it is there again."""

    changes: Sequence[Document] = ()

    def __init__(self) -> None:
        self.collection: Any = self
        self.streams = [Stream(alive=False), Stream(7, alive=True)]

    async def watch(self, *_: object, **__: object) -> Stream:
        return self.streams.pop(0)

    async def newest(self, ids: Collection[str]) -> Mapping[str, int]:
        return {}

    async def told_by(self, change: Any, listened: Collection[str]) -> Iterable[Version]:
        return [(ID, change)]


@pytest.mark.timeout(30)
async def test_a_stream_that_was_invalidated_is_begun_anew_and_stops_nobody_else() -> None:
    live = Live(Versions(), most=1, most_per_client=1)
    watching = asyncio.create_task(live.watch())
    listener = live.join([ID], "a browser", 0)
    assert await listener.newer(20) == 7
    live.leave(listener)
    await cancel_all([watching])
