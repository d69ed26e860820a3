"""The relay's queue: documents with unsent events, each at most once, and never in two rounds at the same time."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import Any

Pending = tuple[str, Any]
"""Collection name and id of a document whose outbox is not empty."""


class OutboxQueue:
    """Hands out pending documents in batches, oldest notice first.

    A document noticed while it is being sent is queued again once its round is finished: its new event may have been
    written after the round read it, and two rounds at once would break the order of its events.
    """

    def __init__(self, batch: int, bound: int) -> None:
        """`bound`: how many documents may wait before a sweep has to pause."""
        self._batch = batch
        self._bound = bound
        self._waiting: dict[Pending, None] = {}
        self._in_flight: set[Pending] = set()
        self._noticed_in_flight: set[Pending] = set()
        self._any = asyncio.Event()
        self._full_batch = asyncio.Event()
        self._room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= self._bound

    def notice(self, document: Pending) -> None:
        if document in self._in_flight:
            self._noticed_in_flight.add(document)
            return
        self._waiting[document] = None
        self._any.set()
        if len(self._waiting) >= self._batch:
            self._full_batch.set()

    def take(self) -> list[Pending]:
        """At most one batch, which is in flight until `finish` is called with it."""
        taken = list(islice(self._waiting, self._batch))
        for document in taken:
            del self._waiting[document]
        self._in_flight.update(taken)
        if not self.is_full:
            self._room.set()
        return taken

    def finish(self, taken: Sequence[Pending]) -> None:
        self._in_flight.difference_update(taken)
        again = self._noticed_in_flight.intersection(taken)
        self._noticed_in_flight -= again
        for document in again:
            self.notice(document)

    async def wait_for_any(self) -> None:
        await self._wait(1, self._any)

    async def wait_for_full_batch(self) -> None:
        await self._wait(self._batch, self._full_batch)

    async def _wait(self, least: int, enough: asyncio.Event) -> None:
        while len(self._waiting) < least:  # another round may have taken them since the event was set
            enough.clear()
            await enough.wait()

    async def wait_for_room(self) -> None:
        while self.is_full:
            self._room.clear()
            await self._room.wait()
