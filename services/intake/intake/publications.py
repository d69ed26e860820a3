"""Submissions on their way to the public: the moderators' queue. The documents are those of `repository`."""

from collections.abc import Sequence

from pymongo.asynchronous.collection import AsyncCollection
from shared.aggregates import Aggregate, Document
from shared.cursors import Place

from intake.domain.publication import Shown
from intake.domain.submission import Submission
from intake.repository import Submissions

STATE = "state.publication.state"


class Publications:
    def __init__(self, submissions: Submissions) -> None:
        self._submissions = submissions
        self._collection: AsyncCollection[Document] = submissions.collection

    async def ensure_indexes(self) -> None:
        await self._collection.create_index(
            [(STATE, 1), ("state.received_at", 1), ("_id", 1)],
            name="moderation",
            partialFilterExpression={STATE: {"$exists": True}},
        )

    async def queue(self, shown: Shown, after: Place | None, limit: int) -> Sequence[Aggregate[Submission]]:
        """Those in this state, the oldest first."""
        wanted: Document = {STATE: shown}
        if after is not None:
            at, id = after
            wanted["$or"] = [{"state.received_at": {"$gt": at}}, {"state.received_at": at, "_id": {"$gt": id}}]
        found = self._collection.find(
            wanted, {"outbox": 0}, sort=[("state.received_at", 1), ("_id", 1)], limit=limit, hint="moderation"
        )
        return [self._submissions.read(document) async for document in found]
