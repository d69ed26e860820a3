"""The sealed contacts of authors, kept as they came: only sending opens one."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo import ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document


@dataclass(frozen=True)
class StoredContact:
    """`key` is `<submission>/<contact>`; an erased contact leaves only its key, so that nothing waits for it."""

    key: str
    sealed: str | None

    @property
    def is_erased(self) -> bool:
        return self.sealed is None


class Contacts:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["contacts"]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("submission_id", name="submission")

    async def store(self, contacts: Sequence[StoredContact]) -> None:
        if contacts:
            await self.collection.bulk_write(
                [ReplaceOne({"_id": contact.key}, _document(contact), upsert=True) for contact in contacts],
                ordered=False,
            )

    async def find(self, keys: Sequence[str]) -> dict[str, StoredContact]:
        found = self.collection.find({"_id": {"$in": list(keys)}}, {"sealed": 1})
        return {document["_id"]: StoredContact(document["_id"], document.get("sealed")) async for document in found}

    async def keys_of(self, submission_id: str) -> list[str]:
        return [found["_id"] async for found in self.collection.find({"submission_id": submission_id}, {"_id": 1})]


def _document(contact: StoredContact) -> Document:
    document: Document = {"_id": contact.key, "submission_id": contact.key.partition("/")[0]}
    if contact.sealed is not None:
        document["sealed"] = contact.sealed
    return document
