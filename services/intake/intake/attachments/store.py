"""Stores files in GridFS, with one document of metadata for each.

A file is staged first, under the key of an unsent form or for a submission. The submission's state alone decides
whether the file belongs to it; then it is settled and loses its `expires_at`. The clean-up job discards files that are
never settled. The document is written before the content and removed after it, so no content is ever orphaned.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import NoFile
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, PyMongoError
from shared.ids import new_id
from shared.storage.aggregates import Conflict, Document
from shared.storage.item_isolation import read_each

from intake.media.file_sanitiser import SanitisedFile
from intake.submissions.model import Attachment

ATTACHMENTS = "attachments"
CONTENTS = "attachment_contents"
CHUNK = 512 * 1024
STORAGE_FAULTS = (PyMongoError, Conflict)
"""Errors after which the clean-up job finishes the work."""

LOOKED_AT_AFTER = timedelta(minutes=1)
UNSETTLED: Document = {"expires_at": {"$exists": True}}
SENT_KEEPS = timedelta(hours=1)
"""A file that was just sent is kept at least this long, however long it had been staged before."""


@dataclass(frozen=True)
class StoredFile:
    """`meant_for` is the submission it was sent to; `sent_with_it` says that the same form filed that submission."""

    id: str
    name: str
    media_type: str
    size: int
    digest: str
    staged_at: datetime
    thumbnail: bytes | None = None
    meant_for: str | None = None
    meant_at: datetime | None = None
    sent_with_it: bool = False

    def attachment(self) -> Attachment:
        return Attachment(id=self.id, media_type=self.media_type, size=self.size, name=self.name, at=self.staged_at)


class Attachments:
    def __init__(self, files: AsyncCollection[Document], contents: AsyncCollection[Document]) -> None:
        """`contents` is the name prefix of the two GridFS collections."""
        self._files = files
        self._contents = contents["files"]
        self._chunks = contents["chunks"]
        self._bucket = AsyncGridFSBucket(contents.database, contents.name, chunk_size_bytes=CHUNK)

    async def ensure_indexes(self) -> None:
        for field in ("key", "meant_for", "expires_at", "look_at"):
            await self._files.create_index(field, name=field, sparse=True)
        await self._files.create_index(
            [("key", 1), ("digest", 1)],
            name="once_in_a_form",
            unique=True,
            partialFilterExpression={"key": {"$exists": True}, "is_whole": True},
        )
        # Otherwise GridFS checks for these indexes before the first upload of every process.
        await self._contents.create_index([("filename", 1), ("uploadDate", 1)])
        await self._chunks.create_index([("files_id", 1), ("n", 1)], unique=True)

    async def stage(
        self,
        clean: SanitisedFile,
        name: str,
        key: str | None,
        expires_at: datetime,
        now: datetime,
        copy_of: str | None = None,
        official: str | None = None,
    ) -> StoredFile:
        """Store a file durably. `copy_of` is the original of a public copy; `official` is the subject of an official
        who sent it.

        A form that is sent twice may upload the same file twice at the same time: the first complete upload is kept,
        and both requests get it.
        """
        id = new_id()  # ids ascend, which orders files with the same time
        about: Document = {
            "name": name,
            "media_type": clean.type.media_type,
            "size": clean.size,
            "digest": clean.digest,
            "staged_at": now,
            "expires_at": expires_at,
        }
        if key is not None:
            about["key"] = key
        if copy_of is not None:
            about["copy_of"] = copy_of
        if official is not None:
            about["official"] = official
        if clean.thumbnail is not None:
            about["thumbnail"] = Binary(clean.thumbnail)
        await self._files.insert_one({"_id": id, "is_whole": False, **about})
        await self._bucket.upload_from_stream_with_id(id, "", clean.content)
        try:
            await self._files.update_one({"_id": id}, {"$set": {"is_whole": True}})
        except DuplicateKeyError:
            first = await self._files.find_one({"key": key, "digest": clean.digest, "is_whole": True})
            await self.discard([id])
            return _read(first or {"_id": id, **about})  # the first may have been removed meanwhile
        return _read({"_id": id, **about})

    async def staged(self, key: str) -> list[StoredFile]:
        """Files that are staged under this key and not sent yet, in upload order."""
        found = self._files.find({"key": key, "is_whole": True, **UNSETTLED}, sort=[("staged_at", 1), ("_id", 1)])
        return [_read(document) async for document in found]

    async def digests(self, key: str) -> set[str]:
        """Digests of all files under this key, sent or not, by which repeated uploads are recognised."""
        found = self._files.find({"key": key, "is_whole": True}, {"digest": 1})
        return {document["digest"] async for document in found}

    async def move(self, key: str, to: str) -> None:
        """Move unsent files from one form's key to another's."""
        unsent = {"meant_for": "", "meant_at": "", "look_at": "", "sent_with_it": ""}
        await self._files.update_many({"key": key, **UNSETTLED}, {"$set": {"key": to}, "$unset": unsent})

    async def mean_for(self, ids: Sequence[str], submission: str, now: datetime, sent_with_it: bool = False) -> None:
        """Mark files for a submission before it takes them, so that the clean-up job can finish after a crash."""
        meant = {
            "meant_for": submission,
            "meant_at": now,
            "look_at": now + LOOKED_AT_AFTER,
            "sent_with_it": sent_with_it,
        }
        await self._files.update_many(
            {"_id": {"$in": list(ids)}, **UNSETTLED},
            {"$set": meant, "$max": {"expires_at": now + SENT_KEEPS}},
        )

    async def settle(self, ids: Sequence[str]) -> None:
        """Mark files as belonging to their submission."""
        await self._files.update_many(
            {"_id": {"$in": list(ids)}, "meant_for": {"$exists": True}},
            {"$unset": {"expires_at": "", "meant_at": "", "look_at": "", "sent_with_it": ""}},
        )

    async def find(self, submission: str, id: str) -> StoredFile | None:
        found = await self._files.find_one({"_id": id, "meant_for": submission})
        return _read(found) if found else None

    async def find_copy(self, id: str) -> StoredFile | None:
        """Finds only copies made for the public."""
        found = await self._files.find_one({"_id": id, "copy_of": {"$exists": True}})
        return _read(found) if found else None

    async def find_of_official(self, id: str) -> StoredFile | None:
        """Finds only files that officials sent, never a citizen's."""
        found = await self._files.find_one({"_id": id, "official": {"$exists": True}})
        return _read(found) if found else None

    async def look_again(self, submission: str, now: datetime) -> None:
        """Schedule a check of a submission's public copies before it changes them, to discard copies it no longer
        names."""
        await self._files.update_many(
            {"meant_for": submission, "copy_of": {"$exists": True}, "expires_at": {"$exists": False}},
            {"$set": {"look_at": now + LOOKED_AT_AFTER}},
        )

    async def content(self, id: str) -> AsyncIterator[bytes] | None:
        """The content in chunks; None where it does not exist."""
        try:
            stream = await self._bucket.open_download_stream(id)
        except NoFile:
            return None

        async def _pieces() -> AsyncIterator[bytes]:
            while piece := await stream.readchunk():
                yield piece

        return _pieces()

    async def remove(self, key: str, id: str) -> None:
        """Remove a staged file that its sender decided not to send."""
        if await self._files.find_one({"_id": id, "key": key, **UNSETTLED}, {"_id": 1}):
            await self.discard([id])

    async def discard(self, ids: Sequence[str]) -> None:
        for id in ids:
            await self._chunks.delete_many({"files_id": id})
            await self._contents.delete_one({"_id": id})
            await self._files.delete_one({"_id": id})

    async def delete_all_of(self, submission: str) -> int:
        """Delete every file of a submission and return their number. The caller removes them from the submission's
        state first."""
        ids = [document["_id"] async for document in self._files.find({"meant_for": submission}, {"_id": 1})]
        await self.discard(ids)
        return len(ids)

    async def unsettled(self, now: datetime, limit: int) -> list[StoredFile]:
        """Files that were sent some time ago and never settled. Each is returned again later, after all others."""
        sent = {"look_at": {"$lte": now}, "is_whole": True}
        documents = await self._files.find(sent, sort=[("look_at", 1)], limit=limit).to_list()
        ids = [document["_id"] for document in documents]
        await self._files.update_many({"_id": {"$in": ids}}, {"$set": {"look_at": now + LOOKED_AT_AFTER}})
        return read_each("clearing", documents, _read)

    async def expired(self, now: datetime, limit: int) -> list[str]:
        old = self._files.find({"expires_at": {"$lte": now}}, {"_id": 1}, sort=[("expires_at", 1)], limit=limit)
        return [document["_id"] async for document in old]


def _read(document: Document) -> StoredFile:
    thumbnail: Any = document.get("thumbnail")
    return StoredFile(
        id=document["_id"],
        name=document["name"],
        media_type=document["media_type"],
        size=document["size"],
        digest=document["digest"],
        staged_at=document["staged_at"],
        thumbnail=bytes(thumbnail) if thumbnail is not None else None,
        meant_for=document.get("meant_for"),
        meant_at=document.get("meant_at"),
        sent_with_it=document.get("sent_with_it", False),
    )
