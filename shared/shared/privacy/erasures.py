"""Erased persons: what a service holds of them beside its aggregates is forgotten, at once and whenever more comes.

A service that consumes PersonErased notes it in the transaction that takes it (`erasure_record`); the ids stay for
ever, so that nothing that comes later, a replay or a restored record, brings anyone back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from pymongo.asynchronous.database import AsyncDatabase

from shared.messaging.dead_letters import DeadLetters
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from shared.storage.item_isolation import SkippedItems

COLLECTION = "erasures"
LOOK_EVERY_SECONDS = 5.0
LETTERS_EVERY_SECONDS = 60.0
AT_ONCE = 100

Forget = Callable[[str], Awaitable[None]]
"""Forgets what is held of one submission's author outside its aggregate; once more does no harm."""


def erasure_record(submission_id: str, now: datetime) -> tuple[str, Document]:
    """For a decision's `records`: stored once, however often the fact comes."""
    return COLLECTION, {"_id": submission_id, "at": now, "is_due": True}


class Erased(Protocol):
    """Where a service keeps whom it has to forget."""

    async def due(self, limit: int) -> Sequence[str]:
        """Submissions of whose author something may still be held."""
        ...

    async def done(self, submission_id: str) -> None: ...

    async def among(self, submission_ids: Sequence[str]) -> set[str]:
        """Submissions whose author was erased."""
        ...


class Erasures:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("is_due", name="due", partialFilterExpression={"is_due": True})

    async def due(self, limit: int) -> Sequence[str]:
        found = self.collection.find({"is_due": True}, {"_id": 1}, hint="due").limit(limit)
        return [document["_id"] async for document in found]

    async def done(self, submission_id: str) -> None:
        await self.collection.update_one({"_id": submission_id}, {"$unset": {"is_due": 1}})

    async def among(self, submission_ids: Sequence[str]) -> set[str]:
        found = self.collection.find({"_id": {"$in": list(submission_ids)}}, {"_id": 1})
        return {document["_id"] async for document in found}


async def keep_erasing(erased: Erased, letters: DeadLetters, forget: Forget | None = None) -> None:
    """Carry out what is due, for ever. Records set aside are looked through again and again: they may come late."""
    looked = float("-inf")
    left = SkippedItems[str]("erasing")
    while True:
        due = left.without(await erased.due(left.beside(AT_ONCE)))
        for submission_id in due:
            with left.one(submission_id):
                if forget is not None:
                    await forget(submission_id)
                await letters.erase([submission_id], utc_now())
                await erased.done(submission_id)
        if len(due) >= AT_ONCE:
            continue
        if time.monotonic() - looked > LETTERS_EVERY_SECONDS:
            looked = time.monotonic()
            for submission_id in sorted(await erased.among(await letters.submissions())):
                with left.one(submission_id):
                    await letters.erase([submission_id], utc_now())
        await asyncio.sleep(LOOK_EVERY_SECONDS)
