"""Browsers that take pushes: whose they are in the clear, where they are reached sealed.

Each was registered for one key of ours: what was for another one reaches nobody, and is as good as gone.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime

from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document

from notifier.devices.model import MOST_OF_ONE_READER, MOST_SCOPE, Device


class Devices:
    def __init__(self, database: AsyncDatabase[Document], kept_days: int, key: str) -> None:
        """`key`: the public one that browsers know us by now."""
        self.collection = database["devices"]
        self.key = key
        self.kept_days = kept_days

    async def ensure_indexes(self) -> None:
        for field in ("subject", "scope"):
            await self.collection.create_index([(field, 1), ("seen_at", -1)], name=field)
        await self.collection.create_index("seen_at", name="kept", expireAfterSeconds=self.kept_days * 86_400)

    async def keep(self, device: Device, now: datetime) -> bool:
        """Whether it was unknown; once more it is as new.

        Submissions whose links were opened there before stay, for the same person; somebody else's it is alone.
        """
        found = await self.collection.find_one({"_id": device.id})
        before = _read(found) if found else device
        is_same = None in (device.subject, before.subject) or device.subject == before.subject
        scope = tuple(dict.fromkeys((*device.scope, *(before.scope if is_same else ()))))[:MOST_SCOPE]
        subject = device.subject or before.subject
        kept: Document = {"subject": subject, "scope": list(scope), "sealed": device.sealed}
        kept |= {"key": self.key, "seen_at": now}
        await self.collection.update_one({"_id": device.id}, {"$set": kept}, upsert=True)
        for field, readers in (("subject", [subject] if subject else []), ("scope", scope)):
            for reader in readers:
                await self._keep_few(field, reader)
        return found is None

    async def forget(self, id: str) -> bool:
        return (await self.collection.delete_one({"_id": id})).deleted_count == 1

    async def forget_submission(self, id: str) -> None:
        """Its author was erased. A browser that is nobody's any more goes with it."""
        await self.collection.update_many({"scope": id}, {"$pull": {"scope": id}})
        await self.collection.delete_many({"subject": None, "scope": []})

    async def find(self, ids: Collection[str]) -> Mapping[str, Device]:
        found = self.collection.find({"_id": {"$in": list(ids)}, "key": self.key})
        return {document["_id"]: _read(document) async for document in found}

    async def readers(self, since: datetime | None) -> AsyncIterator[tuple[str, Sequence[str]]]:
        """Browsers that were registered since then, or all of them."""
        asked: Document = {"key": self.key} | ({"seen_at": {"$gte": since}} if since else {})
        async for document in self.collection.find(asked, {"subject": 1, "scope": 1}):
            subject = document.get("subject")
            yield document["_id"], (*((subject,) if subject else ()), *document["scope"])

    async def _keep_few(self, field: str, reader: str) -> None:
        """Keep only the newest browsers of a reader. The others lose this reader alone, so a secret link takes no
        browser from another person's inbox.
        """
        found = self.collection.find({field: reader}, {"_id": 1}, sort=[("seen_at", DESCENDING)])
        surplus = [each["_id"] async for each in found.skip(MOST_OF_ONE_READER)]
        if surplus:
            less: Document = {"$pull": {"scope": reader}} if field == "scope" else {"$set": {"subject": None}}
            await self.collection.update_many({"_id": {"$in": surplus}}, less)
            await self.collection.delete_many({"_id": {"$in": surplus}, "subject": None, "scope": []})


def _read(document: Document) -> Device:
    return Device(document["_id"], document.get("subject"), tuple(document["scope"]), document["sealed"])
