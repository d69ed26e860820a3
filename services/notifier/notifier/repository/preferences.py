"""What people and addresses have chosen: one aggregate each."""

from collections.abc import Collection, Mapping

from pydantic import ValidationError
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Aggregates, Document

from notifier.domain.preferences import Preferences, address_id

EARLIER = "unsubscribed"


class PreferenceStore(Aggregates[Preferences]):
    """By `person_id` and `address_id`."""

    def __init__(self, database: AsyncDatabase[Document], source: str) -> None:
        super().__init__(database["preferences"], Preferences, source)
        self.suppressions = database["suppressions"]

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self._take_over()

    async def chosen(self, ids: Collection[str]) -> Mapping[str, Preferences | None]:
        """Of those that have chosen anything; None where it cannot be read, as a newer version has written it."""
        if not ids:
            return {}
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"state": 1})
        return {document["_id"]: _read(document) async for document in found}

    async def _take_over(self) -> None:
        """Earlier versions noted who wants no mail at all among the suppressed addresses."""
        async for earlier in self.suppressions.find({"why": EARLIER}):
            consent = {
                "at": earlier["since"],
                "by": "earlier",
                "page": "",
                "language": "",
                "chosen": {"all": "stopped"},
            }
            whole = {
                "version": 1,
                "state": {"stopped": True, "consents": [consent]},
                "sequences": {},
                "emitted": 0,
                "seen": {},
                "commands": {},
                "outbox": [],
            }
            id = {"_id": address_id(earlier["_id"])}
            await self.collection.update_one(id, {"$setOnInsert": whole}, upsert=True)
            await self.suppressions.delete_one({"_id": earlier["_id"], "why": EARLIER})


def _read(document: Document) -> Preferences | None:
    try:
        return Preferences.model_validate(document["state"])
    except ValidationError:
        return None
