"""A lock by key for writers of the same documents in this process; writers of different documents do not wait."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class KeyedLock:
    def __init__(self) -> None:
        self._taken: dict[str, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, keys: Collection[str]) -> AsyncIterator[None]:
        """Once nobody has any of the keys; all are taken together, so that two never wait for each other."""
        while before := {self._taken[key] for key in keys if key in self._taken}:
            await asyncio.wait(before)
        mine = asyncio.get_running_loop().create_future()
        self._taken.update(dict.fromkeys(keys, mine))
        try:
            yield
        finally:
            for key in keys:
                self._taken.pop(key, None)
            mine.set_result(None)
