"""Keeps what a service lacks of another's submissions: found from statements, removed when it is healed.

One document for each: an event that was not taken, or something that follows from events and is not there. `since` is
when it was found; it counts as a difference when it has been there for a while. Ids and numbers only, nobody's name.
"""

import builtins
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from shared.events.statements import StatedSubmission
from shared.events.topics import Topic
from shared.storage.aggregates import Document

COLLECTION = "reconciliation_differences"
EVENT = "event"
"""The kind of a difference that is an event which was not taken."""

MOST_OF_ONE = 100
"""Events missing of one submission that are named; those behind them are found when these are taken."""

MOST_KEPT = 10_000
"""Found at once, as when a consumer stands still. What is more is found again by a later statement."""


class Cause(StrEnum):
    """Why an event was not taken, as far as it is known."""

    NOT_READ = "not_read"
    """It is in Kafka, and the consumer has not come to it."""
    NOT_TAKEN = "not_taken"
    """It is in Kafka, and the consumer went past it."""
    DEAD_LETTER = "dead_letter"
    DISCARDED = "discarded"
    NEVER_PUBLISHED = "never_published"
    NOT_IN_KAFKA = "not_in_kafka"
    """It may have been published: what was written that long ago is not kept there."""
    NO_EFFECT = "no_effect"
    """All events were taken, and what should follow from them is not there."""


@dataclass(frozen=True)
class Lack:
    """`kind` is `event`, or names what should have followed; `sequence`, of which event, where it is one."""

    kind: str
    sequence: int | None = None


Effects = Callable[[Document, StatedSubmission, datetime], Iterable[Lack]]
"""(the consumer's own document, what the owner states, when it read that) → what should be there by all the events,
which were taken, and is not."""

Beside = Callable[[Sequence[str]], Awaitable[Mapping[str, Document]]]
"""Reads what the consumer keeps of submissions in other collections, by id, to be merged into their documents."""


def _nothing(document: Document, stated: StatedSubmission, read_at: datetime) -> Iterable[Lack]:
    return ()


async def _nowhere_else(ids: Sequence[str]) -> Mapping[str, Document]:
    return {}


def _all(stated: StatedSubmission) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """How a consumer holds what it keeps in `collection` against the statements of the owner of `facts`. `fields` are
    what `effects` looks at, besides what stands `beside`; `concerns` leaves out what the consumer keeps nothing of.
    `of_known`: only what it has itself, as where others have parts of their own."""

    facts: Topic
    collection: str
    fields: Sequence[str] = ()
    effects: Effects = _nothing
    concerns: Callable[[StatedSubmission], bool] = _all
    beside: Beside = _nowhere_else
    of_known: bool = False

    @property
    def shown(self) -> Document:
        return {f"seen.{self.facts.stream}": 1, **dict.fromkeys(self.fields, 1)}

    def lacks(self, document: Document | None, stated: StatedSubmission, read_at: datetime) -> list[Lack]:
        """Events first: what is missing otherwise follows from them."""
        if not self.concerns(stated) or (self.of_known and document is None):
            return []
        last = document.get("seen", {}).get(self.facts.stream, 0) if document else 0
        missing = range(last + 1, min(stated.sequence, last + MOST_OF_ONE) + 1)
        if missing:
            return [Lack(EVENT, sequence) for sequence in missing]
        return list(self.effects(document, stated, read_at)) if document else []


def difference_id(topic: Topic, submission: str, lack: Lack) -> str:
    return f"{topic.stream}/{submission}/{lack.kind}" + (f"/{lack.sequence}" if lack.sequence is not None else "")


class Gaps:
    """Gaps that a batch consumer noticed in sequences, and gaps that were filled. Written with the batch."""

    def __init__(self) -> None:
        self.missed: dict[str, Document] = {}
        self.filled: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.missed or self.filled)

    def miss(self, topic: Topic, key: str, sequences: range) -> None:
        for sequence in sequences[:MOST_OF_ONE]:
            lack = Lack(EVENT, sequence)
            self.missed[difference_id(topic, key, lack)] = _document(topic, key, lack)

    def fill(self, topic: Topic, key: str, sequence: int) -> None:
        id = difference_id(topic, key, Lack(EVENT, sequence))
        self.missed.pop(id, None)
        self.filled.add(id)


def _document(topic: Topic, submission: str, lack: Lack) -> Document:
    return {"topic": topic.name, "submission": submission, "kind": lack.kind, "sequence": lack.sequence}


class Differences:
    """The stored differences of one consuming service."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection: AsyncCollection[Document] = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        """There are few; what is written while all is well touches none."""
        await self.collection.create_index("submission", name="submission")

    async def note_gaps(self, gaps: Gaps, now: datetime, session: AsyncClientSession) -> None:
        """`gap` tells them from what no later event was taken of: that heals by itself as soon as one is."""
        if gaps.filled:
            await self.collection.delete_many({"_id": {"$in": sorted(gaps.filled)}}, session=session)
        if gaps.missed:
            new = {"since": now, "is_given_up": False}
            writes = [
                UpdateOne({"_id": id}, {"$set": known | {"gap": True}, "$setOnInsert": new}, upsert=True)
                for id, known in gaps.missed.items()
            ]
            await self.collection.bulk_write(writes, ordered=False, session=session)

    async def note(
        self,
        topic: Topic,
        read_at: datetime,
        lacking: Sequence[tuple[StatedSubmission, Sequence[Lack]]],
        now: datetime,
    ) -> None:
        """By a newer statement: what is lacking of these submissions is kept, what is no more is gone."""
        of_these = {"topic": topic.name, "submission": {"$in": [stated.submission_id for stated, _ in lacking]}}
        found = {
            difference_id(topic, stated.submission_id, lack): _document(topic, stated.submission_id, lack)
            | {"stated": stated.model_dump(mode="json"), "read_at": read_at}
            for stated, lacks in lacking
            for lack in lacks
        }
        healed = of_these | {"_id": {"$nin": list(found)}, "gap": {"$ne": True}, "is_given_up": False}
        await self.collection.delete_many(healed)
        if not found or await self.collection.estimated_document_count() > MOST_KEPT:
            return
        new = {"since": now, "is_given_up": False}
        writes = [
            UpdateOne({"_id": id}, {"$set": known, "$setOnInsert": new}, upsert=True) for id, known in found.items()
        ]
        await self.collection.bulk_write(writes, ordered=False)

    async def open(self, after: str = "", limit: int = 500) -> list[Document]:
        """In the order of their ids."""
        query = {"_id": {"$gt": after}, "is_given_up": False}
        return await self.collection.find(query).sort("_id", 1).limit(limit).to_list()

    async def list(self, before: datetime, limit: int, submission: str | None = None) -> list[Document]:
        """List differences found before then, oldest first."""
        of_one = {"submission": submission} if submission else {}
        query = {"since": {"$lte": before}, "is_given_up": False} | of_one
        return await self.collection.find(query).sort("since", 1).limit(limit).to_list()

    async def given_up(self, submission: str) -> builtins.list[str]:
        """The topics of which something was given up."""
        found = self.collection.find({"submission": submission, "is_given_up": True}, {"topic": 1})
        return sorted({each["topic"] async for each in found})

    async def counts(self, before: datetime) -> tuple[dict[tuple[str, str], int], int]:
        """By topic and kind those since before then, and how many may yet heal by themselves."""
        counted: dict[tuple[str, str], int] = {}
        waiting = 0
        async for each in self.collection.find({"is_given_up": False}, {"topic": 1, "kind": 1, "since": 1}):
            if each["since"] > before:
                waiting += 1
            else:
                place = each["topic"], each["kind"]
                counted[place] = counted.get(place, 0) + 1
        return counted, waiting

    async def heal(self, ids: Sequence[str]) -> None:
        if ids:
            await self.collection.delete_many({"_id": {"$in": list(ids)}, "gap": {"$ne": True}})

    async def learn(self, id: str, **known: Any) -> None:
        await self.collection.update_one({"_id": id}, {"$set": known})

    async def ask(self, submission: str | None, now: datetime) -> int:
        """For a replay of what is missing, of one submission or of all."""
        of_one = {"submission": submission} if submission else {}
        asked = await self.collection.update_many({"is_given_up": False} | of_one, {"$set": {"replay_asked": now}})
        return asked.matched_count

    async def give_up(self, submission: str, by: str, now: datetime) -> int:
        """Stop counting what nobody can send again; it stays on record."""
        gone = {"is_given_up": True, "given_up_at": now, "given_up_by": by}
        given_up = await self.collection.update_many({"submission": submission, "is_given_up": False}, {"$set": gone})
        return given_up.matched_count
