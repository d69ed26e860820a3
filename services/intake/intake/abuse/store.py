"""The abuse list as one document in the database, and as an index in the memory of every process."""

import asyncio

from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Aggregates, Document

from intake.abuse.model import AbuseList, Watch
from intake.submissions.store import SOURCE, Submissions

ABUSE_LIST = "abuse_list"
ID = "abuse-list"
LOOKED_AT_EVERY_SECONDS = 2.0
"""A change takes up to this long to reach the other processes."""


class AbuseLists(Aggregates[AbuseList]):
    def __init__(self, collection: AsyncCollection[Document], submissions: Submissions) -> None:
        super().__init__(collection, AbuseList, SOURCE)
        self._submissions = submissions
        self._seen = 0

    async def current(self) -> tuple[AbuseList, int]:
        """The list and its version, which is 0 before the first entry."""
        stored = await self.find(ID)
        return (stored.state or AbuseList(), stored.version) if stored else (AbuseList(), 0)

    async def refresh(self) -> None:
        """Reload the index if the stored version has changed."""
        found = await self.collection.find_one({"_id": ID}, {"version": 1})
        if found is None or found["version"] == self._seen:
            return
        current, self._seen = await self.current()
        self._submissions.watch = Watch(current.entries)

    async def keep_fresh(self) -> None:
        """Runs for ever in every process."""
        while True:
            await self.refresh()
            await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)
