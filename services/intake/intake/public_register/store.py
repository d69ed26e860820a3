"""Queries of the public register, on intake's submissions collection.

The projection reads a person's words only if they were published, so private ones never leave the database.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ExecutionTimeout
from shared.storage.aggregates import Document

from intake.public_register.model import Record, Update
from intake.publication.model import PublicationState
from intake.submissions.life import Status
from intake.submissions.store import BEGINNING, Submissions

PATIENCE_MILLISECONDS = 5_000
AT_ONCE = 500

PUBLISHED: Document = {"$eq": ["$state.publication.state", PublicationState.PUBLISHED.value]}
SHOWS_PLACE: Document = {"$ne": ["$state.publication.shows_place", False]}

PROJECTION: Document = {
    "_id": 0,
    **{
        name: f"$state.{name}"
        for name in ("reference", "kind", "channel", "status", "received_at", "category", "entity", "due_at")
    },
    "is_published": PUBLISHED,
    "text": {"$cond": [PUBLISHED, {"$ifNull": ["$state.publication.text", "$state.text"]}, None]},
    "photo": {"$cond": [PUBLISHED, {"$first": "$state.publication.photos.id"}, None]},
    "block": {"$cond": [SHOWS_PLACE, "$state.location.block", None]},
    "lat": {"$cond": [SHOWS_PLACE, "$state.location.lat", None]},
    "lon": {"$cond": [SHOWS_PLACE, "$state.location.lon", None]},
    "moves": {
        "$map": {
            "input": {
                "$filter": {
                    "input": "$state.timeline",
                    "as": "entry",
                    "cond": {"$ne": ["$$entry.from_status", "$$entry.to_status"]},
                }
            },
            "as": "entry",
            "in": {"at": "$$entry.at", "from_status": "$$entry.from_status", "to_status": "$$entry.to_status"},
        }
    },
}

NOT_HELD: Document = {"state.hold.is_open": {"$ne": True}, "state.hold.decision": {"$ne": "rejected"}}
"""Excludes submissions that are held or were rejected by a moderator; their authors still find them by number."""

NEWEST_FIRST = [("state.received_at", DESCENDING), ("_id", DESCENDING)]


class TooMuch(Exception):
    """The query would take too long and must be narrowed."""


@dataclass(frozen=True)
class RegisterQuery:
    """Submissions received from `start` to `end`, filtered by `categories`, `statuses` and `entity` unless they are
    None.

    None among the categories stands for submissions without one. Places of `withheld` categories are not shown.
    """

    start: datetime
    end: datetime
    categories: Collection[str | None] | None = None
    statuses: Collection[Status] | None = None
    entity: str | None = None
    with_place: bool = False
    withheld: Collection[str] = ()

    def query(self) -> Document:
        query: Document = {"state.received_at": {"$gte": self.start, "$lte": self.end}, **NOT_HELD}
        if self.categories is not None:
            query["state.category"] = {"$in": list(self.categories)}
        if self.statuses is not None:
            query["state.status"] = {"$in": sorted(self.statuses)}
        if self.entity is not None:
            query["state.entity"] = self.entity
        if self.with_place:
            query["state.location.lat"] = {"$ne": None}
            query["state.publication.shows_place"] = {"$ne": False}
            if self.withheld:
                query["$nor"] = [{"state.category": {"$in": sorted(self.withheld)}}]
        return query


class Register:
    def __init__(self, submissions: Submissions) -> None:
        self._collection: AsyncCollection[Document] = submissions.collection

    async def ensure_indexes(self) -> None:
        # New entries go to one end of the index, as times only grow; that costs filing least.
        await self._collection.create_index(
            [("state.received_at", DESCENDING), ("_id", DESCENDING), ("state.category", 1)], name="received"
        )
        await self._collection.create_index(
            "state.updated_at", name="updated", partialFilterExpression={"state.updated_at": {"$gt": BEGINNING}}
        )

    async def of_references(self, references: Sequence[str]) -> list[Record]:
        """The existing ones, in the order of `references`."""
        found = self._collection.find({"state.reference": {"$in": list(references)}}, PROJECTION)
        records = {record["reference"]: Record.model_validate(record) async for record in found}
        return [records[reference] for reference in dict.fromkeys(references) if reference in records]

    async def reference_of(self, id: str) -> str | None:
        found = await self._collection.find_one({"_id": id}, {"state.reference": 1})
        return str(found["state"]["reference"]) if found else None

    async def page(self, wanted: RegisterQuery, page: int, size: int) -> list[Record]:
        """Newest first. Raises TooMuch."""
        found = self._collection.find(wanted.query(), PROJECTION, sort=NEWEST_FIRST, hint="received")
        found = found.skip((page - 1) * size).limit(size).max_time_ms(PATIENCE_MILLISECONDS)
        try:
            return [Record.model_validate(record) async for record in found]
        except ExecutionTimeout as error:
            raise TooMuch from error

    async def all(self, wanted: RegisterQuery) -> AsyncIterator[Record]:
        """Streams all matches, oldest first, with a few hundred in memory."""
        oldest_first = [("state.received_at", 1), ("_id", 1)]
        found = self._collection.find(wanted.query(), PROJECTION, sort=oldest_first, hint="received")
        async for record in found.batch_size(AT_ONCE):
            yield Record.model_validate(record)

    async def updates(
        self,
        types: Collection[str],
        start: datetime,
        end: datetime,
        references: Sequence[str] | None,
        page: int,
        size: int,
    ) -> list[Update]:
        """Timeline entries of these types in the period, oldest first. Raises TooMuch."""
        entries = await self._collection.aggregate(
            updates_pipeline(types, start, end, references, page, size), maxTimeMS=PATIENCE_MILLISECONDS
        )
        try:
            return [Update.model_validate(entry) async for entry in entries]
        except ExecutionTimeout as error:
            raise TooMuch from error


def updates_pipeline(
    types: Collection[str], start: datetime, end: datetime, references: Sequence[str] | None, page: int, size: int
) -> list[dict[str, Any]]:
    chosen: Document = (
        # The partial index starts at BEGINNING, so a query that could match earlier times would not use it.
        {
            "state.updated_at": {"$gte": max(start, BEGINNING + timedelta(seconds=1))},
            "state.received_at": {"$lte": end},
            **NOT_HELD,
        }
        if references is None
        else {"state.reference": {"$in": list(references)}}
    )
    return [
        {"$match": chosen},
        {"$project": {"_id": 0, "reference": "$state.reference", "entry": "$state.timeline"}},
        {"$unwind": "$entry"},
        {"$match": {"entry.type": {"$in": sorted(types)}, "entry.at": {"$gte": start, "$lte": end}}},
        {
            "$project": {
                "reference": 1,
                **{name: f"$entry.{name}" for name in ("id", "type", "at", "to_status", "entity")},
            }
        },
        {"$sort": {"at": 1, "id": 1}},
        {"$skip": (page - 1) * size},
        {"$limit": size},
    ]
