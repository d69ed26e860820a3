"""Persons to be forgotten: written with the fact, carried out by a worker, and then forgotten too."""

from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document

from notifier.domain.notifications import UNFINISHED, State
from notifier.repository.notifications import COLLECTION as NOTIFICATIONS

COLLECTION = "erasures"


def erasure_record(submission_id: str, now: datetime) -> tuple[str, Document]:
    return COLLECTION, {"_id": submission_id, "at": now}


class Erasures:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]
        self.notifications = database[NOTIFICATIONS]

    async def due(self) -> list[str]:
        return [found["_id"] async for found in self.collection.find({}, {"_id": 1}).limit(100)]

    async def forget_author(self, submission_id: str, now: datetime) -> None:
        """Nothing more is told to this author, and neither who it was nor what was written stays. The counts do."""
        theirs: Document = {"submission_id": submission_id, "audience": "author"}
        await self.notifications.update_many(
            {**theirs, "state": {"$in": [state.value for state in UNFINISHED]}},
            {
                "$set": {"state": State.CANCELLED.value, "reason": "erased", "changed_at": now},
                "$unset": {"next_at": 1, "claimed_by": 1, "waiting_for": 1},
            },
        )
        await self.notifications.update_many(theirs, {"$set": {"recipient": "erased"}, "$unset": {"params.text": 1}})

    async def done(self, submission_id: str) -> None:
        await self.collection.delete_one({"_id": submission_id})
