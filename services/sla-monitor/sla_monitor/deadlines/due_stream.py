"""What was set, by any process, to happen sooner than the sweeper would find it by a look at the index."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pymongo.asynchronous.change_stream import AsyncChangeStream
from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Document

EVERY_SECONDS = 0.05
"""A stream that is waited on wakes mongod with each write, whatever is looked for: that took 60 µs of each. To ask now
and then for what came since took 10.
"""

Due = tuple[datetime, str]
"""When something must happen, and with which submission."""


@asynccontextmanager
async def imminent(clocks: AsyncCollection[Document]) -> AsyncIterator[AsyncIterator[Due]]:
    """From now on; told a twentieth of a second later at most. Ends where the stream is invalidated (a restore)."""
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
