"""Stores clocks, one document per submission, and the queries over them."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure
from shared.concurrency.tasks import cancel_all
from shared.storage.aggregates import Aggregates, Document, StoredAggregate, VersionMiss
from shared.storage.mongo import is_write_conflict

from sla_monitor.clocks.case_results import differences
from sla_monitor.clocks.moves import Move, moves_written
from sla_monitor.clocks.record import ClockRecord, Standing
from sla_monitor.timekeeping.custody import OPEN, State

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SOURCE = "/tawasul/sla-monitor"
CLOCKS = "clocks"
DIFFERENCES = "differences"
"""Differences to be added to the record of the entities, a document per write; `performance/store.py` takes them out.
"""
MOVES = "moves"
"""Moves, a document each; `recalculation/store.py` reads them."""
CONFIDED, IS_CONFIDENTIAL = "state.standing.confided", {"$type": "array"}

UNKNOWN = "state.unknown.since"
SINCE_ANY_TIME: Document = {UNKNOWN: {"$gt": BEGINNING}}

DECODED_AT_ONCE = 250
"""Read thousands in parts, so that clocks that come due meanwhile do not wait for all of them."""

UNTOLD: Document = {"state.moved_from": {"$gt": BEGINNING}}

Spoilt = Mapping[str, Exception]

Due = tuple[datetime, str]
"""When the sweeper must act, and on which submission."""


@dataclass(frozen=True)
class Batch:
    """Some of many clocks; `spoilt` holds the errors of those that cannot be read."""

    clocks: list[StoredAggregate[ClockRecord]]
    spoilt: Spoilt

    def __len__(self) -> int:
        return len(self.clocks) + len(self.spoilt)


Batches = AsyncGenerator[Batch, None]


class Clocks(Aggregates[ClockRecord]):
    """One document per submission."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[CLOCKS], ClockRecord, SOURCE)
        self.database = database
        self.differences = database[DIFFERENCES]
        self.moves = database[MOVES]

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_index(
            "state.next_at", name="next_at", partialFilterExpression={"state.next_at": {"$gt": BEGINNING}}
        )
        await self.collection.create_index(
            # All that is asked stands in it: nothing but the index is read. (With `is_open` in the condition of a
            # partial index alone, MongoDB would look at every document.)
            [(f"state.standing.{name}", 1) for name in ("is_open", "state", "due_at", "imported", "entity")],
            name="open_cases",
            partialFilterExpression={"state.standing.is_open": True},
        )
        await self.collection.create_index("state.counted_in", name="counted_in")
        await self.collection.create_index(UNKNOWN, name="unknown", partialFilterExpression=SINCE_ANY_TIME)
        await self.collection.create_index(
            CONFIDED, name="confidential", partialFilterExpression={CONFIDED: IS_CONFIDENTIAL}
        )
        await self.collection.create_index(
            "state.rulebook", name="read_by", partialFilterExpression={"state.standing.is_open": True}
        )
        await self.collection.create_index(
            "state.moved_from", name="untold", partialFilterExpression={"state.moved_from": {"$gt": BEGINNING}}
        )

    async def save(
        self, aggregates: Sequence[StoredAggregate[ClockRecord]], session: AsyncClientSession | None = None
    ) -> None:
        """Save the clocks with, in the same transaction, one document of what changes in the record of the entities,
        and the moves that are published. Raises VersionMiss, also where another process is writing one of them."""
        beside = _RelatedDocuments(_changes(aggregates), moves_of(aggregates))
        if not beside.changes and not beside.moves:
            await super().save(aggregates, session)
        elif session is None:
            try:
                async with self.database.client.start_session() as own, await own.start_transaction():
                    await self._save_with(beside, aggregates, own)
            except OperationFailure as error:
                if not is_write_conflict(error):
                    raise
                raise VersionMiss(f"{self.collection.name}: others are writing one of them") from error
        else:
            await self._save_with(beside, aggregates, session)

    async def _save_with(
        self,
        beside: "_RelatedDocuments",
        aggregates: Sequence[StoredAggregate[ClockRecord]],
        session: AsyncClientSession,
    ) -> None:
        await super().save(aggregates, session)
        if beside.changes:
            await self.differences.insert_one({"changes": list(beside.changes.items())}, session=session)
        if beside.moves:
            await self.moves.insert_many(
                [
                    {"_id": f"{version}/{move.submission}", "version": version, **move.model_dump()}
                    for version, move in beside.moves
                ],
                ordered=False,
                session=session,
            )

    def is_written_whole(self, state: ClockRecord) -> bool:
        return state.imminent  # the sweeper watches for it

    async def load_readable(self, ids: Sequence[str]) -> tuple[dict[str, StoredAggregate[ClockRecord]], Spoilt]:
        """Return the stored clocks among `ids`, and the errors of those that cannot be read."""
        batch = self._readable(await self.collection.find({"_id": {"$in": [*ids]}}, {"outbox": 0}).to_list())
        return {each.id: each for each in batch.clocks}, batch.spoilt

    async def due_by(self, moment: datetime, most: int) -> list[Due]:
        """Return the next ones up to `moment`, in order. The cost depends on their number, not on that of all
        clocks."""
        found = self.collection.find(
            {"state.next_at": {"$gt": BEGINNING, "$lte": moment}},
            {"state.next_at": 1},
            sort=[("state.next_at", 1)],
            limit=most,
            batch_size=DECODED_AT_ONCE,
            hint="next_at",
        )
        return [(document["state"]["next_at"], document["_id"]) async for document in found]

    async def count_open(self, state: State) -> int:
        return await self.collection.count_documents(
            {"state.standing.is_open": True, "state.standing.state": state}, hint="open_cases"
        )

    async def count_all_open(self) -> int:
        return await self.collection.count_documents({"state.standing.is_open": True}, hint="open_cases")

    async def count_unknown(self) -> int:
        """Count the cases whose clock is unknown."""
        return await self.collection.count_documents(SINCE_ANY_TIME, hint="unknown")

    async def count_unknown_under(self, published_at: datetime, followed_at: datetime | None) -> int:
        """Count the cases that have no known due time under a rulebook: unknown before it was published, or because
        the clock could not be computed while it was the newest. Excludes a case that became unknown later because of
        an event that could not be read: the rulebook had been applied to it."""
        under_it: Document = {"$gt": published_at} | ({"$lt": followed_at} if followed_at else {})
        query: Document = {
            "$or": [{UNKNOWN: {"$lte": published_at}}, {UNKNOWN: under_it, "state.unread.0": {"$exists": False}}]
        }
        return await self.collection.count_documents(SINCE_ANY_TIME | query, hint="unknown")

    async def count_overdue(self, now: datetime) -> int:
        return await self.collection.count_documents(_overdue(now), hint="open_cases")

    async def count_due(self, now: datetime, until: datetime) -> int:
        """Count the running clocks that are due between the two."""
        due = _running() | {"state.standing.due_at": {"$gte": now, "$lt": until}}
        return await self.collection.count_documents(due, hint="open_cases")

    async def oldest_unrouted(self) -> datetime | None:
        """Return when the oldest submission without a custodian came in.

        Under one triage policy the oldest is due first, which is the order of the index. A document that cannot be read
        hides no other.
        """
        armed = {"state.standing.is_open": True, "state.standing.state": State.ARMED} | {
            "state.facts.time": {"$type": "date"}
        }
        oldest = await self.collection.find_one(
            armed, {"state.facts": {"$slice": 1}}, sort=[("state.standing.due_at", 1)], hint="open_cases"
        )
        return min((fact["time"] for fact in oldest["state"]["facts"]), default=None) if oldest else None

    async def overdue(self, now: datetime) -> dict[str, int]:
        """Count overdue cases by entity, without imported ones."""
        found = await self.collection.aggregate(
            [
                {"$match": _overdue(now) | {"state.standing.imported": {"$ne": True}}},
                {"$group": {"_id": "$state.standing.entity", "number": {"$sum": 1}}},
            ],
            hint="open_cases",
        )
        return {group["_id"]: group["number"] async for group in found}

    async def counted_in(
        self, rows: Sequence[str], only: Sequence[str] | None = None
    ) -> AsyncIterator[tuple[str, list[tuple[str, int]]]]:
        """Yield each submission with its counts, of the cases that count in one of `rows` (`works/2026-04`); only those
        in `only` where it is given."""
        query: Document = {"state.counted_in": {"$in": list(rows)}}
        hint = "counted_in"
        if only is not None:
            query["_id"], hint = {"$in": list(only)}, "_id_"
        async for document in self.collection.find(query, {"state.counted": 1}, hint=hint):
            yield document["_id"], [(key, number) for key, number in document["state"]["counted"]]

    async def overdue_cases(self, at: datetime, only: Sequence[str] | None = None) -> list[tuple[str, str]]:
        """Return entity and submission of the cases that are open now and were due before `at`, without imported
        ones."""
        query = _overdue(at) | {"state.standing.imported": {"$ne": True}}
        hint = "open_cases"
        if only is not None:
            query["_id"], hint = {"$in": list(only)}, "_id_"
        found = self.collection.find(query, {"state.standing.entity": 1}, hint=hint)
        return [(document["state"]["standing"]["entity"], document["_id"]) async for document in found]

    async def confidential(self, submission: str | None = None) -> list[tuple[str, Standing | None]]:
        """Return the confidential submissions, open and closed, or this one; the standing is None where it cannot be
        read."""
        query: Document = {CONFIDED: IS_CONFIDENTIAL} | ({"_id": submission} if submission else {})
        found = self.collection.find(query, {"state.standing": 1}, hint="_id_" if submission else "confidential")
        return [(each["_id"], _standing(each)) async for each in found]

    def read_by_earlier(self, version: int, most: int, without: Sequence[str] = ()) -> Batches:
        """Yield batches of open clocks computed by an earlier rulebook, `without` these. A clock that changes meanwhile
        is refused when it is saved."""
        return self._in_batches(_read_by_earlier(version), "read_by", most, without)

    def untold(self, most: int, without: Sequence[str] = ()) -> Batches:
        """Yield batches of clocks whose move is not published yet, `without` these."""
        return self._in_batches(UNTOLD, "untold", most, without)

    async def _in_batches(self, query: Document, index: str, most: int, without: Sequence[str]) -> Batches:
        """Read the next batch while one is worked on."""
        # With its outbox, which is empty but for a moment: to leave it out costs more than to send it.
        async with self.collection.find(_but_for(without, query), batch_size=most, hint=index) as found:
            following = asyncio.create_task(found.to_list(most))
            try:
                while batch := await following:
                    following = asyncio.create_task(found.to_list(most))
                    yield self._readable(batch)
            finally:
                await cancel_all([following])

    def _readable(self, documents: Sequence[Document]) -> Batch:
        clocks: list[StoredAggregate[ClockRecord]] = []
        spoilt: dict[str, Exception] = {}
        for document in documents:
            try:
                clocks.append(self.read(document))
            except Exception as error:
                spoilt[document["_id"]] = error
        return Batch(clocks, spoilt)

    async def all_read_by(self, version: int, without: Sequence[str] = ()) -> bool:
        """Return whether all open clocks, `without` these, are computed by this rulebook or a newer one."""
        return await self._is_none(_but_for(without, _read_by_earlier(version)), "read_by")

    async def count_left(self, version: int, among: Sequence[str]) -> int:
        """Count those in `among` that are open and computed by an earlier rulebook, or whose move is not published."""
        left: Document = {"$or": [_read_by_earlier(version), UNTOLD]}
        return await self.collection.count_documents({"_id": {"$in": [*among]}} | left, hint="_id_")

    async def all_told(self, without: Sequence[str] = ()) -> bool:
        return await self._is_none(_but_for(without, UNTOLD), "untold")

    async def _is_none(self, query: Document, index: str) -> bool:
        return await self.collection.find_one(query, {"_id": 1}, hint=index) is None

    async def backlog(self, most: int) -> int:
        """Count the clocks whose events wait for the relay, up to `most`."""
        return await self.collection.count_documents({"pending": {"$exists": True}}, limit=most, hint="pending")

    def open_by_due(self, most: int) -> AsyncCursor[Document]:
        """Return open clocks as they are stored, those due first first. The index has them in this order by state, so
        nothing is sorted before the first arrives."""
        return self.collection.find(
            {"state.standing.is_open": True, "state.standing.state": {"$in": OPEN}},
            {"outbox": 0},
            sort=[("state.standing.due_at", 1)],
            limit=most,
            hint="open_cases",
        )

    async def after(self, id: str, limit: int) -> dict[str, StoredAggregate[ClockRecord]]:
        """Return the clocks after `id`, in the order of their ids."""
        found = self.collection.find({"_id": {"$gt": id}}, {"outbox": 0}, sort=[("_id", 1)], limit=limit)
        return {document["_id"]: self.read(document) async for document in found}


def _standing(document: Document) -> Standing | None:
    try:
        return Standing.model_validate(document["state"]["standing"])
    except ValueError:
        return None


def _read_by_earlier(version: int) -> Document:
    return {"state.standing.is_open": True, "state.rulebook": {"$lt": version}}


def _but_for(ids: Sequence[str], query: Document) -> Document:
    return query | {"_id": {"$nin": [*ids]}} if ids else query


def _running() -> Document:
    return {"state.standing.is_open": True, "state.standing.state": State.RUNNING}


def _overdue(now: datetime) -> Document:
    return _running() | {"state.standing.due_at": {"$lt": now}}


def _changes(aggregates: Sequence[StoredAggregate[ClockRecord]]) -> dict[str, int]:
    """Return the differences between the counts stored of these clocks and the new ones."""
    changes: Counter[str] = Counter()
    for aggregate in aggregates:
        if aggregate.changed and aggregate.state is not None:
            if aggregate.stored is not None and aggregate.stored.counted is aggregate.state.counted:
                continue
            before = dict(aggregate.stored.counted) if aggregate.stored else {}
            for key, number in differences(before, dict(aggregate.state.counted)).items():
                changes[key] += number
    return {key: number for key, number in changes.items() if number}


@dataclass(frozen=True)
class _RelatedDocuments:
    """Documents of other collections that are stored in the clocks' transaction."""

    changes: dict[str, int]
    moves: list[tuple[int, Move]]


def moves_of(aggregates: Sequence[StoredAggregate[ClockRecord]]) -> list[tuple[int, Move]]:
    """Return the due times that another rulebook moved, by that rulebook's version."""
    moves: list[tuple[int, Move]] = []
    for aggregate in aggregates:
        if aggregate.changed and aggregate.state is not None:
            moves += moves_written(aggregate.id, aggregate.stored, aggregate.state)
    return moves
