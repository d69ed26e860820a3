"""Every directory that was ever published, whole: when it holds, who made it and why, and what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict
from pymongo import DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from shared.http.commands import CommandKey
from shared.http.idempotency_store import IdempotencyStore, answer_fields, answer_update
from shared.storage.aggregates import Aggregates, Document

from router.directory.model import Country

PUBLICATIONS, DRAFTS = "publications", "drafts"
TAKEN_BACK_AT_LATEST = timedelta(minutes=1)
"""Before it begins to hold: processes' clocks differ a little, and one may use it already."""


class Edit(BaseModel):
    """One change of the draft (put, removed, imported, rebased, taken back), as far as it was about one thing or list
    with its `list` and `id`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    at: datetime
    by: str
    what: str
    list: str | None = None
    id: str | None = None


class Draft(BaseModel):
    """The next directory, as far as it is written. Without `country` none is begun."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    based_on: int = 0
    country: bytes | None = None
    edits: tuple[Edit, ...] = ()

    def read(self) -> Country | None:
        return None if self.country is None else Country.model_validate_json(self.country)


class Drafts(Aggregates[Draft]):
    """One, which all administrators share, under DIRECTORY."""

    DIRECTORY = "directory"

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        super().__init__(collection, Draft, "/tawasul/router")


@dataclass(frozen=True)
class Taken:
    """Back, before it began to hold."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True)
class PublicationSummary:
    """A publication without its contents. `changed` names what differs from the one before (`entities:works`)."""

    version: int
    at: datetime
    by: str
    why: str = ""
    valid_from: datetime | None = None
    changed: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    taken_back: Taken | None = None

    @property
    def holds_from(self) -> datetime:
        return self.valid_from or self.at


@dataclass(frozen=True)
class Publication(PublicationSummary):
    country: Country = field(kw_only=True)


class Publications:
    """Numbered from 1. One holds from its `valid_from` until the next begins; at most one waits to begin."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self.collection = collection
        self.answers = IdempotencyStore(collection)

    async def ensure_indexes(self) -> None:
        """Beside `_id`, which is the version."""
        await self.answers.ensure_indexes()
        await self.collection.create_index([("changed", 1), ("_id", DESCENDING)], name="changed")

    async def newest_version(self) -> int | None:
        """The highest number that is used; the next publication has the next one."""
        return await self._first({})

    async def latest_version(self) -> int | None:
        """Return the newest version that was not taken back, whether it holds already or waits."""
        return await self._first({"taken_back": None})

    async def version_at(self, now: datetime) -> int | None:
        """The one that holds."""
        return await self._first({"taken_back": None, "$nor": [{"valid_from": {"$gt": now}}]})

    async def waiting_version(self, now: datetime) -> int | None:
        """The one that will hold."""
        return await self._first({"taken_back": None, "valid_from": {"$gt": now}})

    async def read(self, version: int) -> Publication:
        """Raises LookupError."""
        document = await self.collection.find_one({"_id": version}, {"commands": 0})
        if document is None:
            raise LookupError(f"publication {version}")
        return Publication(**_listed(document), country=Country.model_validate_json(document["country"]))

    async def before(self, version: int) -> Publication | None:
        """The one that held before, or would have."""
        earlier = await self._first({"_id": {"$lt": version}, "taken_back": None})
        return await self.read(earlier) if earlier else None

    async def ends(self, version: int) -> datetime | None:
        """When the one after it begins to hold."""
        after = {"_id": {"$gt": version}, "taken_back": None}
        next_one = await self.collection.find_one(after, {"valid_from": 1, "at": 1}, sort=[("_id", 1)])
        return (next_one.get("valid_from") or next_one["at"]) if next_one else None

    async def page(self, before: int | None, limit: int, changed: str | None = None) -> list[PublicationSummary]:
        """The newest first, all older than `before`; those alone that changed one thing, where that is named."""
        query: Document = {"_id": {"$lt": before}} if before is not None else {}
        if changed is not None:
            query["changed"] = changed
        found = self.collection.find(query, {"country": 0, "commands": 0}).sort("_id", DESCENDING).limit(limit)
        return [PublicationSummary(**_listed(document)) async for document in found]

    async def add(
        self, publication: Publication, key: CommandKey | None = None, answer: Document | None = None
    ) -> bool:
        """False when another published under this number first, or this command did."""
        document = {
            "_id": publication.version,
            "at": publication.at,
            "by": publication.by,
            "why": publication.why,
            "valid_from": publication.holds_from,
            "changed": list(publication.changed),
            "edits": [edit.model_dump(exclude_none=True) for edit in publication.edits],
            "country": written(publication.country),
            **answer_fields(key, answer),
        }
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def take_back(self, version: int, taken: Taken, key: CommandKey | None, answer: Document) -> bool:
        """The answer is kept under `key`. False where it holds already, is about to, or was taken back before."""
        still = {"_id": version, "taken_back": None, "valid_from": {"$gt": taken.at + TAKEN_BACK_AT_LATEST}}
        change = {
            "$set": {"taken_back": {"at": taken.at, "by": taken.by, "why": taken.why}},
            **answer_update(key, answer),
        }
        return (await self.collection.update_one(still, change)).matched_count == 1

    async def _first(self, query: Document) -> int | None:
        newest = await self.collection.find_one(query, {"_id": 1}, sort=[("_id", DESCENDING)])
        return int(newest["_id"]) if newest else None


def written(country: Country) -> bytes:
    return orjson.dumps(country.model_dump(mode="json", exclude_defaults=True))


def _listed(document: Document) -> dict[str, Any]:
    edits: Sequence[Document] = document.get("edits", ())
    taken = document.get("taken_back")
    return {
        "version": document["_id"],
        "at": document["at"],
        "by": document["by"],
        "why": document.get("why", ""),
        "valid_from": document.get("valid_from"),
        "changed": tuple(document.get("changed", ())),
        "edits": tuple(Edit.model_validate(edit) for edit in edits),
        "taken_back": Taken(**taken) if taken else None,
    }
