"""A primary that is cut off, goes on taking writes, dies, and must take them back when it returns.

Its followers are held up, so that what it takes reaches nobody: writes that ask for a majority wait in vain, and ours,
which ask for one member alone, are acknowledged. It is killed before it notices and steps down. The others elect one
of themselves, go on, and the returning one has a past that never was.
"""

import asyncio
import time
from dataclasses import dataclass

from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from tests.faults.ledger import Document
from tests.faults.stores import Three, until_whole

CUT_OFF_SECONDS = 6.0
"""A primary that hears of nobody steps down after ten."""
WRITE_EVERY_SECONDS = 0.1
DATABASE = "faults"


@dataclass(frozen=True)
class RolledBack:
    """`written` to one member, on its disk and acknowledged; `gone` of these, when it had come back and followed."""

    written: int
    gone: int


async def roll_back(three: Three, lasts: float) -> RolledBack:
    """`lasts`: seconds for which the old primary stays away after another was elected."""
    primary = await three.cluster.primary()
    followers = [member for member in three.cluster.members if member is not primary]
    port = primary.component.ports[0].number
    for follower in followers:
        follower.suspend()
    try:
        written = await _write_to_one(port)
        await primary.kill()
    finally:
        for follower in followers:
            follower.resume()
    await three.cluster.primary()  # before, the old one could return into its office, with all that it wrote
    await asyncio.sleep(lasts)
    await primary.start()
    await until_whole(three, "mongod")
    return RolledBack(len(written), len(written - await _kept(port)))


async def _write_to_one(port: int) -> set[int]:
    written: set[int] = set()
    async with _alone(port) as client:
        marks = client.get_database(DATABASE, write_concern=WriteConcern(w=1, j=True))["marks"]
        first = time.time_ns()
        until = time.monotonic() + CUT_OFF_SECONDS
        while time.monotonic() < until:
            mark = first + len(written)
            await marks.insert_one({"_id": mark})
            written.add(mark)
            await asyncio.sleep(WRITE_EVERY_SECONDS)
    return written


async def _kept(port: int) -> set[int]:
    """Read what that member itself holds now."""
    async with _alone(port) as client:
        return {found["_id"] async for found in client[DATABASE]["marks"].find({})}


def _alone(port: int) -> AsyncMongoClient[Document]:
    return AsyncMongoClient("127.0.0.1", port, directConnection=True)
