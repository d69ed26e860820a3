"""Live updates: each process watches its own collection once, and tells those who look at something of it.

What is told is a version and never the content: who hears of a newer one reads it again, by the way that checks who
may. The change stream is open only while somebody listens. A change that it missed, because it was just opening or
broke, is found by reading the versions of what is listened to once it is open.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from prometheus_client import Gauge
from pymongo.asynchronous.collection import AsyncCollection

from shared.storage.aggregates import Aggregates, Document

CONNECTIONS = Gauge("tawasul_live_connections", "Connections that wait for changes")

DRAINING_SEEN_WITHIN_SECONDS = 0.5

Version = tuple[str, int]
"""The id of something that is listened to, and its version."""


class Versions(Protocol):
    """Where versions come from: numbers that only grow for one id."""

    collection: AsyncCollection[Document]
    changes: Sequence[Document]
    """The stages of its change stream."""

    async def newest(self, ids: Collection[str]) -> Mapping[str, int]:
        """As they are stored now."""

    async def told_by(self, change: Document, listened: Collection[str]) -> Iterable[Version]:
        """The item and version of a change event; None where nobody listens to it."""


class DocumentVersions:
    """Versions of aggregates, by document id. Every write increments the version; the relay, which clears outboxes,
    does not."""

    changes: Sequence[Document] = (
        {"$match": {"operationType": "update", "updateDescription.updatedFields.version": {"$exists": True}}},
        {"$project": {"documentKey": 1, "version": "$updateDescription.updatedFields.version"}},
    )

    def __init__(self, aggregates: Aggregates[Any]) -> None:
        self.collection = aggregates.collection

    async def newest(self, ids: Collection[str]) -> Mapping[str, int]:
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"version": 1})
        return {document["_id"]: document["version"] async for document in found}

    async def told_by(self, change: Document, listened: Collection[str]) -> Iterable[Version]:
        return [(change["documentKey"]["_id"], change["version"])]


class TooManyConnections(Exception):
    """Too many connections of this process, or (`of_client`) of one client, for which others must not wait."""

    def __init__(self, of_client: bool) -> None:
        super().__init__("of one client" if of_client else "of this process")
        self.of_client = of_client


class Listener:
    """One connection. Only the newest version counts: who is slow misses the steps between, and nothing piles up."""

    def __init__(self, ids: Sequence[str], client: str, seen: int) -> None:
        self.ids = tuple(dict.fromkeys(ids))
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
    def __init__(self, versions: Versions, most: int, most_per_client: int) -> None:
        self._versions = versions
        self._most = most
        self._most_per_client = most_per_client
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._of_client: Counter[str] = Counter()
        self._wanted = asyncio.Event()

    def join(self, ids: Sequence[str], client: str, seen: int) -> Listener:
        """From now on it is told of every version of these newer than `seen`. Raises TooManyConnections."""
        if self._of_client.total() >= self._most:
            raise TooManyConnections(of_client=False)
        if self._of_client[client] >= self._most_per_client:
            raise TooManyConnections(of_client=True)
        listener = Listener(ids, client, seen)
        for id in listener.ids:
            self._listeners[id].add(listener)
        self._of_client[client] += 1
        self._wanted.set()
        CONNECTIONS.set(self._of_client.total())
        return listener

    def leave(self, listener: Listener) -> None:
        """As often as one likes."""
        if not any(listener in self._listeners.get(id, ()) for id in listener.ids):
            return
        for id in listener.ids:
            self._listeners[id].remove(listener)
            if not self._listeners[id]:
                del self._listeners[id]
        self._of_client -= Counter({listener.client: 1})
        if not self._listeners:
            self._wanted.clear()
        CONNECTIONS.set(self._of_client.total())

    async def catch_up(self, ids: Collection[str]) -> None:
        """Tell the versions that these have now."""
        for id, version in (await self._versions.newest(ids)).items():
            self._tell(id, version)

    async def watch(self) -> None:
        """Worker: one change stream for all connections of this process."""
        while True:
            await self._wanted.wait()
            watched = self._versions.collection.watch(list(self._versions.changes), max_await_time_ms=1_000)
            async with await watched as stream:
                await self.catch_up(self._listeners)
                while self._listeners and stream.alive:
                    change = await stream.try_next()
                    if change is not None:
                        for id, version in await self._versions.told_by(change, self._listeners):
                            self._tell(id, version)

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
