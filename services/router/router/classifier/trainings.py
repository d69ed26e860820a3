"""The making of models that an administrator asked for: one at a time, by whichever process takes it up."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel
from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from shared.storage.aggregates import Document

TRAININGS = "trainings"
THE_ONE = "newest"
TAKEN_FOR = timedelta(seconds=60)
"""Renewed while it goes on; a process that died is followed by another one after that."""

MOST_ATTEMPTS = 3

Step = Literal["asked", "reading", "learning", "storing", "done", "failed"]
ENDED: tuple[Step, ...] = ("done", "failed")


class Training(BaseModel):
    """`version`: the model that came of it; `why`: why none did, as one of a few fixed words."""

    by: str
    precision: float
    asked_at: datetime
    step: Step = "asked"
    step_since: datetime
    taken_until: datetime | None = None
    attempts: int = 0
    version: int | None = None
    why: str | None = None

    @property
    def goes_on(self) -> bool:
        return self.step not in ENDED


class Trainings:
    """One document: the newest one, which goes on or has ended."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self.collection = collection

    async def ensure_indexes(self) -> None:
        """`_id` is enough."""

    async def newest(self) -> Training | None:
        document = await self.collection.find_one({"_id": THE_ONE})
        return Training.model_validate(document) if document else None

    async def ask(self, by: str, precision: float, now: datetime) -> bool:
        """False where one goes on already."""
        asked = Training(by=by, precision=precision, asked_at=now, step_since=now)
        try:
            await self.collection.replace_one(
                {"_id": THE_ONE, "step": {"$in": [*ENDED]}}, asked.model_dump(), upsert=True
            )
        except DuplicateKeyError:
            return False
        return True

    async def take(self, now: datetime) -> Training | None:
        """What was asked for and nobody makes, or nobody makes any more."""
        free = {"$or": [{"taken_until": None}, {"taken_until": {"$lt": now}}]}
        document = await self.collection.find_one_and_update(
            {"_id": THE_ONE, "step": {"$nin": [*ENDED]}, **free},
            {"$set": {"taken_until": now + TAKEN_FOR}, "$inc": {"attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return Training.model_validate(document) if document else None

    async def hold(self, taken: Training, now: datetime) -> None:
        await self.collection.update_one(_same(taken), {"$set": {"taken_until": now + TAKEN_FOR}})

    async def reach(
        self, taken: Training, step: Step, now: datetime, version: int | None = None, why: str | None = None
    ) -> bool:
        """False where another process has taken it up meanwhile: what this one made of it does not count."""
        said = {"step": step, "step_since": now, "version": version, "why": why}
        return (await self.collection.update_one(_same(taken), {"$set": said})).matched_count == 1


def _same(taken: Training) -> Document:
    return {"_id": THE_ONE, "asked_at": taken.asked_at, "attempts": taken.attempts, "step": {"$nin": [*ENDED]}}
