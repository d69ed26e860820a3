"""The sealed contacts of authors, kept as they came: only sending opens one."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymongo import ReplaceOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document


@dataclass(frozen=True)
class StoredContact:
    """`key` is `<submission>/<contact>`; an erased contact leaves only its key, so that nothing waits for it.

    A confirmation may be read before the contact it is about, as they are in different partitions: then only
    `is_confirmed` (the mail address) or `has_number_confirmed` is known. `is_unsubscribed`: who reads it wants no more
    mail about this submission.
    """

    key: str
    sealed: str | None
    is_confirmed: bool = False
    is_unsubscribed: bool = False
    has_number_confirmed: bool = False

    @property
    def is_known(self) -> bool:
        """Whether waiting for it has an end."""
        return self.sealed is not None or self.is_erased

    @property
    def is_erased(self) -> bool:
        return self.sealed is None and not (self.is_confirmed or self.has_number_confirmed)


class Contacts:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["contacts"]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("submission_id", name="submission")

    async def store(self, contacts: Sequence[StoredContact]) -> None:
        if contacts:
            await self.collection.bulk_write(
                [_write(contact) for contact in contacts],
                ordered=False,
            )

    async def confirm(self, keys: Sequence[str], numbers: Sequence[str] = ()) -> None:
        """Note that mail addresses and numbers of these are confirmed, whether they are here yet or not.

        An erased one stays erased.
        """
        noted = [(key, "confirmed") for key in keys] + [(key, "number_confirmed") for key in numbers]
        if noted:
            await self.collection.bulk_write(
                [UpdateOne({"_id": key}, _confirmed(key, field), upsert=True) for key, field in noted], ordered=False
            )

    async def find(self, keys: Sequence[str]) -> dict[str, StoredContact]:
        found = self.collection.find({"_id": {"$in": list(keys)}})
        return {document["_id"]: _read(document) async for document in found}

    async def unsubscribe(self, key: str, said: Document | None) -> None:
        """No more mail to this contact, with a note of who said so when and how, or mail again.

        Not where it is erased: that leaves nobody to write to.
        """
        change: Document = {"$set": {"unsubscribed": said}} if said else {"$unset": {"unsubscribed": 1}}
        await self.collection.update_one({"_id": key, "sealed": {"$exists": True}}, change)

    async def keys_of(self, submission_id: str) -> list[str]:
        return [found["_id"] async for found in self.collection.find({"submission_id": submission_id}, {"_id": 1})]


def _read(document: Document) -> StoredContact:
    return StoredContact(
        document["_id"],
        document.get("sealed"),
        document.get("confirmed", False),
        "unsubscribed" in document,
        document.get("number_confirmed", False),
    )


def _write(contact: StoredContact) -> ReplaceOne[Document] | UpdateOne:
    document: Document = {"submission_id": _submission(contact.key)}
    if contact.sealed is None:
        return ReplaceOne({"_id": contact.key}, {"_id": contact.key, **document}, upsert=True)
    return UpdateOne({"_id": contact.key}, {"$set": {**document, "sealed": contact.sealed}}, upsert=True)


def _confirmed(key: str, field: str) -> list[Document]:
    # What is confirmed already and not sealed has not arrived yet: its other confirmation counts as well.
    unknown = ({"$eq": [{"$type": f"${each}"}, "missing"]} for each in ("sealed", "confirmed", "number_confirmed"))
    is_erased: Document = {"$and": [{"$eq": [{"$type": "$submission_id"}, "string"]}, *unknown]}
    confirmed = {"$cond": [is_erased, f"${field}", True]}  # where it is erased: as it is, which is not at all
    return [{"$set": {"submission_id": _submission(key), field: confirmed}}]


def _submission(key: str) -> str:
    return key.partition("/")[0]
