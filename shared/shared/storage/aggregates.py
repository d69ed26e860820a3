"""Aggregates in MongoDB, one document each, with the events they still have to publish inside (transactional outbox).

The document: `_id`, `version` (counts writes), `state` (the service's own model), `sequences` (newest sequence per
stream and key), `emitted` (events ever published), `seen` (newest sequence taken per consumed topic), `commands`
(answers to the latest Idempotency-Keys), `outbox` (events not yet acknowledged by Kafka) and `pending` (`emitted` at
the write that last added one; absent when all are sent).

Of `state` a write sets the fields that changed. A database works through every index of a collection, and inside of a
transaction reads all of them from its catalogue, as soon as one field of one index is set: what is written most should
touch none.

While two versions of a service run side by side, each writes what the other has read. Fields of `state` that this
code does not know are kept as they were: what a newer version noted is not lost by an older one's write. That holds for
the state's own fields; a newer field inside of a nested value goes with the value that an older version writes.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

import pymongo
from pydantic import BaseModel
from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, PyMongoError

from shared.events.envelope import Cause, OutgoingEvent, id_of_consequence, outbox_entry, seal, tombstone_entry
from shared.events.topics import Topic

Document = dict[str, Any]
S = TypeVar("S", bound=BaseModel)

MOST_ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.0025
CARRIED_OUT_WITHIN_SECONDS = 10.0
"""Or not at all: whoever asked has been told by then that it is not confirmed, and has asked again or gone away.
Without a bound an operation waits for a server, a connection and an answer, each twice: more than a minute."""
DUPLICATE_KEY = 11000
BY_ID = "_id_"
"""Named, as a database that may choose plans a write over every index there is."""
NAMESPACE_NOT_FOUND, INDEX_NOT_FOUND = 26, 27


class Conflict(Exception):
    """Others changed the same thing again and again, or the caller's version is old: read again, decide again."""


class VersionMiss(Exception):
    """A document changed between reading and writing; nothing was written."""


@cache
def fields_of(model: type[BaseModel]) -> frozenset[str]:
    """Asked for with every document; a model answers slowly."""
    return frozenset(model.model_fields)


def raise_if_duplicate(error: BulkWriteError) -> None:
    """Raise VersionMiss where a bulk write failed only because others stored the same ids first."""
    faults = error.details.get("writeErrors", [])
    if faults and all(fault.get("code") == DUPLICATE_KEY for fault in faults):
        raise VersionMiss("stored by another meanwhile") from error


@dataclass(frozen=True)
class Decision(Generic[S]):
    """The outcome of a use case: the new state, events to publish, and documents of other collections to store with it.

    `tombstones` are keys of compacted topics whose records are to be erased, after the events. `forgets`: somebody was
    erased, and what lies beside the state goes as well: what earlier Idempotency-Keys were answered, the hashes of what
    they asked, and what only a newer version understands, as it may be theirs.

    `state` is made anew: what it shares with the state that was read counts as unchanged.
    """

    state: S
    events: Sequence[OutgoingEvent] = ()
    records: Sequence[tuple[str, Document]] = ()
    tombstones: Sequence[tuple[Topic, str]] = ()
    forgets: bool = False


Pair = tuple[Decision[S], Decision[S] | None]


@dataclass
class StoredAggregate(Generic[S]):
    """One aggregate between reading and writing. `version` 0 means it was never stored; `stored` is what was read."""

    id: str
    version: int = 0
    state: S | None = None
    stored: S | None = None
    sequences: dict[str, int] = field(default_factory=dict)
    emitted: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    commands: dict[str, Document] = field(default_factory=dict)
    entries: list[Document] = field(default_factory=list)
    records: list[tuple[str, Document]] = field(default_factory=list)
    changed: bool = False
    sequence_changed: bool = False
    forgets: bool = False
    unknown_fields: Document = field(default_factory=dict)
    """Fields of the stored state that a newer version wrote and this one does not know."""

    def note(self, stream: str, sequence: int) -> None:
        """Remember the newest sequence taken from a consumed topic."""
        self.seen[stream] = sequence
        self.sequence_changed = True

    def apply(
        self, decision: Decision[S], source: str, now: datetime, cause: Cause, concluded_from: str | None = None
    ) -> None:
        """Take over a decision: number its events and put them into the outbox.

        `concluded_from` is the event that this aggregate takes once: what follows from it has ids made from its id.
        """
        self.state = decision.state
        if decision.forgets:
            self.commands, self.unknown_fields, self.forgets = {}, {}, True
        self.records.extend(decision.records)
        self.changed = True
        for place, drafted in enumerate(decision.events):
            draft = drafted
            if concluded_from is not None and draft.id is None:
                draft = replace(draft, id=id_of_consequence(concluded_from, source, place))
            key = draft.key or self.id
            stream = draft.topic.stream if draft.key is None else f"{draft.topic.stream}:{draft.key}"
            sequence = self.sequences.get(stream, 0) + 1
            self.sequences[stream] = sequence
            self.emitted += 1
            self.entries.append(outbox_entry(seal(draft, key, sequence, source, now, cause)))
        for topic, erased in decision.tombstones:
            self.emitted += 1
            self.entries.append(tombstone_entry(topic, erased, now))

    def document(self) -> Document:
        """The whole document, for a first insert."""
        assert self.state is not None
        document: Document = {
            "_id": self.id,
            "version": 1,
            "state": {**self.unknown_fields, **self.state.model_dump(exclude_none=True)},
            "sequences": self.sequences,
            "emitted": self.emitted,
            "seen": self.seen,
            "commands": self.commands,
            "outbox": self.entries,
        }
        if self.entries:
            document["pending"] = self.emitted
        return document

    def _is_other(self, field: str) -> bool:
        now, before = getattr(self.state, field), getattr(self.stored, field)
        return now is not before and now != before

    def update(self, is_whole: bool = False) -> Document:
        """The change to the stored document: what changed of the state, or the state as a whole. The relay may clear
        the outbox meanwhile: it is only ever added to."""
        assert self.state is not None
        values: Document = {"version": self.version + 1, "commands": self.commands}
        change: Document = {"$set": values}
        if is_whole or self.forgets or self.stored is None:
            values["state"] = {**self.unknown_fields, **self.state.model_dump(exclude_none=True)}
        else:
            others = {name for name in fields_of(type(self.state)) if self._is_other(name)}
            state = self.state.model_dump(include=others, exclude_none=True)
            values |= {f"state.{name}": value for name, value in state.items()}
            if gone := others - state.keys():
                change["$unset"] = {f"state.{name}": "" for name in gone}
        if self.sequence_changed:
            # A note needs no version (see save): what was noted since this was read stays.
            change["$max"] = {f"seen.{name}": last for name, last in self.seen.items()}
        if self.entries:
            values |= {"sequences": self.sequences, "emitted": self.emitted, "pending": self.emitted}
            change["$push"] = {"outbox": {"$each": self.entries}}
        return change


class Aggregates(Generic[S]):
    """The collection of one kind of aggregate; `source` names the service in the events it publishes."""

    within = CARRIED_OUT_WITHIN_SECONDS

    def __init__(self, collection: AsyncCollection[Document], model: type[S], source: str) -> None:
        self.collection = collection
        self.model = model
        self.source = source

    async def ensure_indexes(self) -> None:
        await self.collection.create_index(
            "pending", name="pending", partialFilterExpression={"pending": {"$exists": True}}
        )

    async def drop_earlier_index(self, name: str) -> None:
        """An index of an earlier version; under its own name it could not get another key or condition."""
        try:
            await self.collection.drop_index(name)
        except OperationFailure as error:
            if error.code not in (INDEX_NOT_FOUND, NAMESPACE_NOT_FOUND):
                raise

    def is_written_whole(self, state: S) -> bool:
        """Whether somebody who watches the collection is to find all of this state in the change."""
        return False

    def update_of(self, aggregate: StoredAggregate[S]) -> tuple[Document, Document]:
        """Which document, as it was read, and its change."""
        assert aggregate.state is not None
        change = aggregate.update(self.is_written_whole(aggregate.state))
        return {"_id": aggregate.id, "version": aggregate.version}, change

    def read(self, document: Document) -> StoredAggregate[S]:
        state, known = self.model.model_validate(document["state"]), fields_of(self.model)
        return StoredAggregate(
            id=document["_id"],
            version=document["version"],
            state=state,
            stored=state,
            sequences=document["sequences"],
            emitted=document["emitted"],
            seen=document["seen"],
            commands=document["commands"],
            unknown_fields={name: value for name, value in document["state"].items() if name not in known},
        )

    async def load(
        self, ids: Sequence[str], session: AsyncClientSession | None = None
    ) -> dict[str, StoredAggregate[S]]:
        """The stored ones among `ids`."""
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"outbox": 0}, session=session)
        return {document["_id"]: self.read(document) async for document in found}

    async def find(self, id: str) -> StoredAggregate[S] | None:
        return (await self.load([id])).get(id)

    async def save(self, aggregates: Sequence[StoredAggregate[S]], session: AsyncClientSession | None = None) -> None:
        """Write each changed aggregate once under the version it was read with.

        Raises VersionMiss when any of them changed meanwhile; inside a transaction nothing is then written.
        A changed sequence alone needs no version: the newest sequence wins.
        """
        changed = [aggregate for aggregate in aggregates if aggregate.changed]
        sequences = [aggregate for aggregate in aggregates if aggregate.sequence_changed and not aggregate.changed]
        if not changed and not sequences:
            return
        operations: list[InsertOne[Document] | UpdateOne] = [
            UpdateOne(*self.update_of(aggregate), hint=BY_ID) if aggregate.version else InsertOne(aggregate.document())
            for aggregate in changed
        ]
        operations += [
            UpdateOne({"_id": aggregate.id}, {"$max": {f"seen.{name}": last for name, last in aggregate.seen.items()}})
            for aggregate in sequences
            if aggregate.version
        ]
        if not operations:
            return
        try:
            result = await self.collection.bulk_write(operations, ordered=False, session=session)
        except BulkWriteError as error:
            raise_if_duplicate(error)
            raise
        stored_notes = len(operations) - len(changed)
        if result.matched_count + result.inserted_count != len(changed) + stored_notes:
            raise VersionMiss(f"{self.collection.name}: {len(changed)} expected")

    async def change(
        self,
        id: str,
        decide: Callable[[StoredAggregate[S]], Decision[S] | None],
        now: datetime,
        cause: Cause,
        remember: Callable[[StoredAggregate[S]], None] = lambda aggregate: None,
    ) -> StoredAggregate[S]:
        """Read, decide, write under the version read; again when another was quicker, at most five times. What is given
        back is to be read, and not written again.

        `decide` sees a state of None for an aggregate that is not stored, and answers None to leave all as it is;
        `remember` is called with the changed aggregate before it is written. Raises what `decide` raises (a refusal),
        Conflict when five attempts were not enough, and PyMongoError when `within` seconds were not.
        """
        with pymongo.timeout(self.within):
            for attempt in range(MOST_ATTEMPTS):
                if attempt:
                    # A majority read may lag behind the write that was quicker.
                    await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
                aggregate = await self.find(id) or StoredAggregate(id)
                decision = decide(aggregate)
                if decision is None:
                    return aggregate
                aggregate.apply(decision, self.source, now, cause)
                remember(aggregate)
                if await self._write(aggregate):
                    aggregate.version += 1
                    return aggregate
        raise Conflict(f"{self.collection.name}: changed by others {MOST_ATTEMPTS} times in a row")

    async def change_pair(
        self,
        ids: tuple[str, str],
        decide: Callable[[StoredAggregate[S], StoredAggregate[S]], Pair[S] | None],
        now: datetime,
        cause: Cause,
        remember: Callable[[StoredAggregate[S]], None] = lambda aggregate: None,
    ) -> StoredAggregate[S]:
        """Both in one transaction, under the versions that were read; gives the first back. None for
        the second leaves it as it is. As `change` in all else."""
        client = self.collection.database.client
        with pymongo.timeout(self.within):
            for attempt in range(MOST_ATTEMPTS):
                if attempt:
                    await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
                found = await self.load(ids)
                first, second = (found.get(id) or StoredAggregate(id) for id in ids)
                decided = decide(first, second)
                if decided is None:
                    return first
                for aggregate, decision in zip((first, second), decided, strict=True):
                    if decision is not None:
                        aggregate.apply(decision, self.source, now, cause)
                remember(first)
                try:
                    async with client.start_session() as session, await session.start_transaction():
                        await self.save([first, second], session)
                except VersionMiss:
                    continue
                except PyMongoError as error:
                    if error.has_error_label("TransientTransactionError"):
                        continue
                    raise
                first.version += 1
                return first
        raise Conflict(f"{self.collection.name}: two were changed by others {MOST_ATTEMPTS} times in a row")

    async def _write(self, aggregate: StoredAggregate[S]) -> bool:
        assert not aggregate.records, "records need the transaction of a batch"
        if not aggregate.version:
            try:
                await self.collection.insert_one(aggregate.document())
            except DuplicateKeyError:
                return False
            return True
        return (await self.collection.update_one(*self.update_of(aggregate), hint=BY_ID)).matched_count == 1
