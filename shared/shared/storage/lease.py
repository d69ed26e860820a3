"""A lease in MongoDB: one process of a service does a piece of work at a time.

It saves work and no more: a process that was stopped may believe in its lease when it wakes, so whatever runs under
one stays correct when two do it (sequence numbers, versions, claims).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from shared.concurrency.tasks import cancel_all
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document

logger = logging.getLogger(__name__)

TERM = timedelta(seconds=3)
RENEWAL_SECONDS = 1.0


class Lease:
    def __init__(self, database: AsyncDatabase[Document], name: str, holder: str) -> None:
        self.collection = database["leases"]
        self.name = name
        self.holder = holder
        self._valid_until = 0.0

    @property
    def held(self) -> bool:
        return time.monotonic() < self._valid_until

    async def renew(self) -> bool:
        """Take the lease, or prolong it; False while another holds it."""
        asked = time.monotonic()
        now = utc_now()
        try:
            await self.collection.update_one(
                {"_id": self.name, "$or": [{"holder": self.holder}, {"until": {"$lte": now}}]},
                {"$set": {"holder": self.holder, "until": now + TERM}},
                upsert=True,
            )
        except DuplicateKeyError:
            self._valid_until = 0.0
            return False
        self._valid_until = asked + TERM.total_seconds()
        return True

    async def release(self) -> None:
        """Nothing where it is not held (any more): that lapses by itself, and the database may not even be there."""
        if not self.held:
            return
        self._valid_until = 0.0
        await self.collection.delete_one({"_id": self.name, "holder": self.holder})

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` while the lease is held, for ever; an error of `work` gives the lease up and is raised."""
        running: asyncio.Future[None] | None = None
        try:
            while True:
                if await self.renew():
                    if running is None:
                        logger.info("lease taken", extra={"lease": self.name})
                        running = asyncio.ensure_future(work())
                elif running is not None:
                    logger.warning("lease lost", extra={"lease": self.name})
                    await cancel_all([running])
                    running = None
                waiting = {running} if running else set()
                if not waiting:
                    await asyncio.sleep(RENEWAL_SECONDS)
                    continue
                done, _ = await asyncio.wait(waiting, timeout=RENEWAL_SECONDS)
                for finished in done:
                    finished.result()
                    running = None
        finally:
            try:
                await cancel_all([running] if running is not None else [])
            finally:
                with contextlib.suppress(Exception):
                    await asyncio.shield(self.release())
