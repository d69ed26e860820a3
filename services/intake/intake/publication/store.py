"""Queries for moderators' queues and published submissions, on intake's submissions collection."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from shared.reference.directory import Directory
from shared.reference.phrases import readings
from shared.reference.spelling import normalised
from shared.storage.aggregates import Document, StoredAggregate
from shared.storage.cursors import Place
from shared.storage.item_isolation import read_each
from shared.storage.paging import Page, page_of

from intake.publication.model import PublicationState
from intake.submissions.life import UNDER_WAY, Status
from intake.submissions.model import Submission
from intake.submissions.store import Submissions, received_place

STATE = "state.publication.state"
PUBLISHED_AT = "state.publication.published_at"
PUBLISHED: Document = {STATE: PublicationState.PUBLISHED}
WORDS_ASKED = 8
NEAR = 0.005
"""Degrees, about half a kilometre: the radius in which submissions may be similar."""


@dataclass(frozen=True)
class PublicationQuery:
    """Filters published submissions; a field that is None does not filter. `words` are search words as typed,
    `follower` is the subject of a follower."""

    kind: str | None = None
    categories: Sequence[str] | None = None
    entity: str | None = None
    area: str | None = None
    statuses: frozenset[Status] | None = None
    words: str = ""
    has_point: bool = False
    follower: str | None = None

    def query(self) -> Document:
        """Excludes withdrawn submissions in every case."""
        fields = {
            "state.kind": self.kind,
            "state.entity": self.entity,
            "state.publication.area": self.area,
            "state.followers.subject": self.follower,
        }
        query = PUBLISHED | {name: value for name, value in fields.items() if value is not None}
        if self.categories is not None:
            query["state.category"] = {"$in": list(self.categories)}
        asked = self.statuses if self.statuses is not None else frozenset(Status)
        query["state.status"] = {"$in": sorted(asked - {Status.WITHDRAWN})}
        if self.has_point:
            query["state.publication.point"] = {"$ne": None}
        if words := normalised(self.words):
            query["$and"] = [_has(word) for word in words.split(" ")[:WORDS_ASKED]]
        return query


def _has(word: str) -> Document:
    """Matches a word by its beginning, with or without attached particles."""
    beginnings: list[Any] = [re.compile(f"^{re.escape(reading)}") for reading in readings(word)]
    return {"state.publication.words": {"$in": beginnings}}


class Publications:
    """Leaves out categories that are never public, also if the submission was published earlier."""

    def __init__(self, submissions: Submissions, directory: Directory) -> None:
        self._submissions = submissions
        self._directory = directory
        self._collection: AsyncCollection[Document] = submissions.collection

    async def ensure_indexes(self) -> None:
        await self._collection.create_index(
            [(STATE, 1), ("state.received_at", 1), ("_id", 1)],
            name="moderation",
            partialFilterExpression={STATE: {"$exists": True}},
        )

        await self._collection.create_index(
            [(PUBLISHED_AT, -1), ("_id", -1)], name="published", partialFilterExpression=PUBLISHED
        )
        await self._collection.create_index(
            "state.publication.point.lat", name="published_places", partialFilterExpression=PUBLISHED
        )
        await self._collection.create_index(
            "state.publication.words", name="published_words", partialFilterExpression=PUBLISHED
        )
        await self._collection.create_index(
            "state.publication.like", name="published_alike", partialFilterExpression=PUBLISHED
        )
        await self._collection.create_index(
            [("state.followers.subject", 1), (PUBLISHED_AT, -1), ("_id", -1)],
            name="followed",
            partialFilterExpression={"state.followers.subject": {"$gt": ""}},
        )

    async def published(
        self, wanted: PublicationQuery, after: Place | None, limit: int
    ) -> Page[StoredAggregate[Submission]]:
        """The latest publication first."""
        query = self._query(wanted)
        if after is not None:
            at, id = after
            query["$or"] = [{PUBLISHED_AT: {"$lt": at}}, {PUBLISHED_AT: at, "_id": {"$lt": id}}]
        found = self._collection.find(query, {"outbox": 0}, sort=[(PUBLISHED_AT, -1), ("_id", -1)], limit=limit + 1)
        return page_of(await found.to_list(), limit, self._submissions.read, _published_place)

    async def open_near(self, lat: float, lon: float, since: datetime, limit: int) -> Sequence[Submission]:
        """Published, unanswered submissions around a point."""
        around = {
            "state.publication.point.lat": {"$gte": lat - NEAR, "$lte": lat + NEAR},
            "state.publication.point.lon": {"$gte": lon - NEAR, "$lte": lon + NEAR},
        }
        return await self._open(PublicationQuery(), around, since, limit)

    async def open_alike(self, keys: Iterable[str], since: datetime, limit: int) -> Sequence[Submission]:
        """Published, unanswered submissions with one of these similarity keys."""
        return await self._open(PublicationQuery(), {"state.publication.like": {"$in": list(keys)}}, since, limit)

    async def open_of(self, category: str, since: datetime, limit: int) -> Sequence[Submission]:
        return await self._open(PublicationQuery(categories=[category]), {}, since, limit)

    async def _open(
        self, wanted: PublicationQuery, more: Document, since: datetime, limit: int
    ) -> Sequence[Submission]:
        """The newest unanswered submissions that match."""
        query = self._query(replace(wanted, statuses=UNDER_WAY)) | more | {"state.received_at": {"$gte": since}}
        without = {"outbox": 0, "state.timeline": 0}
        found = self._collection.find(query, without, sort=[(PUBLISHED_AT, -1)], limit=limit)
        read = read_each("list", await found.to_list(), self._submissions.read)
        return [each.state for each in read if each.state is not None]

    async def published_one(self, reference: str) -> Submission | None:
        document = await self._collection.find_one(
            {"state.reference": reference, **self._query(PublicationQuery())}, {"outbox": 0}
        )
        return self._submissions.read(document).state if document else None

    def _query(self, wanted: PublicationQuery) -> Document:
        query = wanted.query()
        if never := self._directory.never_public:
            query["state.category"] = query.get("state.category", {}) | {"$nin": never}
        return query

    async def queue(
        self, shown: PublicationState, after: Place | None, limit: int
    ) -> Page[StoredAggregate[Submission]]:
        """Submissions in this state, oldest first."""
        wanted: Document = {STATE: shown}
        if after is not None:
            at, id = after
            wanted["$or"] = [{"state.received_at": {"$gt": at}}, {"state.received_at": at, "_id": {"$gt": id}}]
        oldest_first = [("state.received_at", 1), ("_id", 1)]
        found = self._collection.find(wanted, {"outbox": 0}, sort=oldest_first, limit=limit + 1, hint="moderation")
        return page_of(await found.to_list(), limit, self._submissions.read, received_place)


def _published_place(document: Document) -> Place:
    return document["state"]["publication"]["published_at"], document["_id"]
