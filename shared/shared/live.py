"""Live updates: each process watches its own collection once, and tells those who look at one of its documents.

What is told is the document's version and never its content: who hears of a newer one reads it again, by the way that
checks who may. The change stream is open only while somebody listens. A change that it missed, because it was just
opening or broke, is found by reading the versions of what is listened to once it is open.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from typing import Any

from prometheus_client import Gauge

from shared.aggregates import Aggregates, Document

CONNECTIONS = Gauge("tawasul_live_connections", "Connections that wait for changes")

DRAINING_SEEN_WITHIN_SECONDS = 0.5

# Every write of an aggregate counts its version up; the relay, which clears outboxes, leaves it alone.
NEW_VERSIONS: list[Document] = [
    {"$match": {"operationType": "update", "updateDescription.updatedFields.version": {"$exists": True}}},
    {"$project": {"documentKey": 1, "version": "$updateDescription.updatedFields.version"}},
]


class TooManyConnections(Exception):
    """Of this process, or (`of_client`) of one client: the others must not wait because of it."""

    def __init__(self, of_client: bool) -> None:
        super().__init__("of one client" if of_client else "of this process")
        self.of_client = of_client


class Listener:
    """One connection. Only the newest version counts: who is slow misses the steps between, and nothing piles up."""

    def __init__(self, id: str, client: str, seen: int) -> None:
        self.id = id
        self.client = client
        self.is_ended = False
        self._seen = self._newest = seen
        self._woken = asyncio.Event()

    def tell(self, version: int) -> None:
        if version > self._newest:
            self._newest = version
            self._woken.set()

    def end(self) -> None:
        self.is_ended = True
        self._woken.set()

    async def newer(self, patience: float) -> int | None:
        """The newest version, as soon as it is newer than the last one told; None where that takes too long."""
        try:
            await asyncio.wait_for(self._woken.wait(), patience)
        except TimeoutError:
            return None
        self._woken.clear()
        if self._newest == self._seen:
            return None
        self._seen = self._newest
        return self._newest


class Live:
    def __init__(self, aggregates: Aggregates[Any], most: int, most_per_client: int) -> None:
        self._collection = aggregates.collection
        self._most = most
        self._most_per_client = most_per_client
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._of_client: Counter[str] = Counter()
        self._wanted = asyncio.Event()

    def join(self, id: str, client: str, seen: int) -> Listener:
        """From now on it is told of every version of this document newer than `seen`. Raises TooManyConnections."""
        if self._of_client.total() >= self._most:
            raise TooManyConnections(of_client=False)
        if self._of_client[client] >= self._most_per_client:
            raise TooManyConnections(of_client=True)
        listener = Listener(id, client, seen)
        self._listeners[id].add(listener)
        self._of_client[client] += 1
        self._wanted.set()
        CONNECTIONS.set(self._of_client.total())
        return listener

    def leave(self, listener: Listener) -> None:
        """As often as one likes."""
        if listener not in self._listeners.get(listener.id, ()):
            return
        self._listeners[listener.id].remove(listener)
        if not self._listeners[listener.id]:
            del self._listeners[listener.id]
        self._of_client -= Counter({listener.client: 1})
        if not self._listeners:
            self._wanted.clear()
        CONNECTIONS.set(self._of_client.total())

    async def catch_up(self, ids: Collection[str]) -> None:
        """Tell the versions that these documents have now."""
        async for document in self._collection.find({"_id": {"$in": list(ids)}}, {"version": 1}):
            self._tell(document["_id"], document["version"])

    async def watch(self) -> None:
        """Worker: one change stream for all connections of this process."""
        while True:
            await self._wanted.wait()
            async with await self._collection.watch(NEW_VERSIONS, max_await_time_ms=1_000) as stream:
                await self.catch_up(self._listeners)
                while self._listeners:
                    change = await stream.try_next()
                    if change is not None:
                        self._tell(change["documentKey"]["_id"], change["version"])

    async def end_when(self, is_draining: Callable[[], bool]) -> None:
        """Worker: a process that ends closes its connections at once, and browsers go on with another one."""
        while True:
            await self._wanted.wait()
            if is_draining():
                for listeners in self._listeners.values():
                    for listener in listeners:
                        listener.end()
            await asyncio.sleep(DRAINING_SEEN_WITHIN_SECONDS)

    def _tell(self, id: str, version: int) -> None:
        for listener in self._listeners.get(id, ()):
            listener.tell(version)
