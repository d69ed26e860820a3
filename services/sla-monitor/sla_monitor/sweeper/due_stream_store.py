"""Watches the database for clocks that any process set to a moment sooner than the sweeper's next index scan."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

from pymongo.asynchronous.change_stream import AsyncChangeStream
from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Document

from sla_monitor.clocks.store import Due

EVERY_SECONDS = 0.05
"""Poll interval. An awaiting stream wakes mongod with each write, at 60 µs per write; polling costs 10."""


@asynccontextmanager
async def imminent(clocks: AsyncCollection[Document]) -> AsyncIterator[AsyncIterator[Due]]:
    """Yield such clocks from now on, at most 50 ms late. Ends where the stream is invalidated (a restore)."""
    field = "updateDescription.updatedFields.state"
    pipeline: list[Document] = [
        {"$match": {"$or": [{"fullDocument.state.imminent": True}, {f"{field}.imminent": True}]}},
        {"$project": {"at": {"$ifNull": ["$fullDocument.state.next_at", f"${field}.next_at"]}, "documentKey": 1}},
    ]
    async with await clocks.watch(pipeline, max_await_time_ms=1) as stream:
        yield ((change["at"].astimezone(UTC), change["documentKey"]["_id"]) async for change in _asked(stream))


async def _asked(stream: AsyncChangeStream[Document]) -> AsyncIterator[Document]:
    while stream.alive:
        change = await stream.try_next()
        if change is None:
            await asyncio.sleep(EVERY_SECONDS)
        else:
            yield change
