"""The abuse list in the database, one document, and in every process as what new submissions are compared with."""

import asyncio

from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Aggregates, Document

from intake.abuse.model import AbuseList, Watch
from intake.submissions.store import SOURCE, Submissions

ABUSE_LIST = "abuse_list"
ID = "abuse-list"
LOOKED_AT_EVERY_SECONDS = 2.0
"""So long a change takes to reach the other processes."""


class AbuseLists(Aggregates[AbuseList]):
    def __init__(self, collection: AsyncCollection[Document], submissions: Submissions) -> None:
        super().__init__(collection, AbuseList, SOURCE)
        self._submissions = submissions
        self._seen = 0

    async def current(self) -> tuple[AbuseList, int]:
        """The list and its version; 0 as long as nothing was ever on it."""
        stored = await self.find(ID)
        return (stored.state or AbuseList(), stored.version) if stored else (AbuseList(), 0)

    async def refresh(self) -> None:
        """Nearly nothing where the list is as it was."""
        found = await self.collection.find_one({"_id": ID}, {"version": 1})
        if found is None or found["version"] == self._seen:
            return
        current, self._seen = await self.current()
        self._submissions.watch = Watch(current.entries)

    async def keep_fresh(self) -> None:
        """For ever, in every process."""
        while True:
            await self.refresh()
            await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)
