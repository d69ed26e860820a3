"""Every wording that was ever published, whole; and the one draft that administrators share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from shared.http.commands import CommandKey
from shared.http.idempotency_store import IdempotencyStore, answer_fields
from shared.storage.aggregates import Aggregates, Document

from notifier.message_templates.model import Wording

PUBLICATIONS, DRAFTS = "wordings", "wording_drafts"
BY_THE_SOFTWARE = "software"
ONE = "wording"


class Edit(BaseModel):
    """An entry in the history of the draft: `template`, `row`, `table` or `rebased`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    at: datetime
    by: str
    what: str
    name: str = ""


class Draft(BaseModel):
    """The next publication while it is being edited. Without `wording` (JSON) there is no draft."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    based_on: int = 0
    wording: str | None = None
    edits: tuple[Edit, ...] = ()

    def read(self) -> Wording | None:
        return None if self.wording is None else Wording.model_validate_json(self.wording)


class Drafts(Aggregates[Draft]):
    """One, under ONE."""

    def __init__(self, database: AsyncDatabase[Document], source: str) -> None:
        super().__init__(database[DRAFTS], Draft, source)


@dataclass(frozen=True)
class PublicationSummary:
    """A publication without its contents. `takes_back`: the one that it undoes."""

    version: int
    at: datetime
    by: str
    why: str
    changed: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    takes_back: int | None = None


@dataclass(frozen=True)
class Publication(PublicationSummary):
    wording: Wording = field(kw_only=True)
    delivered: Wording | None = field(default=None, kw_only=True)
    """The wording that the software delivered, if it made this publication."""


class Publications:
    """Numbered from 1. The newest holds."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[PUBLICATIONS]
        self.answers = IdempotencyStore(self.collection)

    async def ensure_indexes(self) -> None:
        await self.answers.ensure_indexes()

    async def newest_version(self) -> int:
        """0 where nothing is published."""
        newest = await self.collection.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        return int(newest["_id"]) if newest else 0

    async def read(self, version: int) -> Publication:
        """Raises LookupError, ValidationError for what a newer version of the software wrote."""
        document = await self.collection.find_one({"_id": version}, {"commands": 0})
        if document is None:
            raise LookupError(f"wording {version}")
        return _read(document)

    async def newest(self) -> Publication | None:
        version = await self.newest_version()
        return await self.read(version) if version else None

    async def newest_delivered(self) -> Publication | None:
        """The last that the software published by itself."""
        found = await self.collection.find_one({"delivered": {"$exists": True}}, sort=[("_id", DESCENDING)])
        return _read(found) if found else None

    async def was_delivered(self, digest: str) -> bool:
        return await self.collection.find_one({"digest": digest}, {"_id": 1}) is not None

    async def page(self, before: int | None, limit: int) -> Sequence[PublicationSummary]:
        """The newest first."""
        older: Document = {"_id": {"$lt": before}} if before else {}
        found = self.collection.find(older, {"wording": 0, "delivered": 0, "commands": 0}).sort("_id", DESCENDING)
        return [PublicationSummary(**_listed(document)) async for document in found.limit(limit)]

    async def add(
        self, publication: Publication, key: CommandKey | None = None, answer: Document | None = None, digest: str = ""
    ) -> bool:
        """False where another published under this number first, or this command did."""
        document: Document = {
            "_id": publication.version,
            "at": publication.at,
            "by": publication.by,
            "why": publication.why,
            "changed": list(publication.changed),
            "edits": [edit.model_dump() for edit in publication.edits],
            "takes_back": publication.takes_back,
            "wording": written(publication.wording),
            **answer_fields(key, answer),
        }
        if publication.delivered is not None:
            document |= {"delivered": written(publication.delivered), "digest": digest}
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True


def written(wording: Wording) -> str:
    return wording.model_dump_json(by_alias=True, exclude_none=True)


def _read(document: Document) -> Publication:
    delivered = document.get("delivered")
    return Publication(
        **_listed(document),
        wording=Wording.model_validate_json(document["wording"]),
        delivered=Wording.model_validate_json(delivered) if delivered else None,
    )


def _listed(document: Document) -> Document:
    return {
        "version": document["_id"],
        "at": document["at"],
        "by": document["by"],
        "why": document["why"],
        "changed": tuple(document.get("changed", ())),
        "edits": tuple(Edit.model_validate(edit) for edit in document.get("edits", ())),
        "takes_back": document.get("takes_back"),
    }
