"""Queries the open cases of one entity: those due first, and how many each official has."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Document

from sla_monitor.clocks.store import CONFIDED
from sla_monitor.timekeeping.custody import State
from sla_monitor.workload.model import Load, OpenCase

INDEX = "open_of_entity"
STANDING = "state.standing"


class WorkloadStore:
    def __init__(self, clocks: AsyncCollection[Document]) -> None:
        self.clocks = clocks

    async def ensure_indexes(self) -> None:
        await self.clocks.create_index(
            # All that is counted by official stands in it: nothing but the index is read.
            [(f"{STANDING}.{name}", 1) for name in ("is_open", "entity", "due_at", "state", "official")],
            name=INDEX,
            partialFilterExpression={f"{STANDING}.is_open": True},
        )

    async def dues(self, entity: str, until: datetime, most: int) -> list[datetime]:
        """Return the due times of running and overdue cases in order, without those that wait for their author."""
        groups = await self.clocks.aggregate(
            [
                {"$match": _due(entity, {"$lt": until})},
                {"$sort": {f"{STANDING}.due_at": 1}},
                {"$limit": most},
                {"$group": {"_id": None, "dues": {"$push": f"${STANDING}.due_at"}}},
            ],
            hint=INDEX,
        )
        return [due_at async for group in groups for due_at in group["dues"]]

    async def due_between(
        self, entity: str, since: datetime, until: datetime, most: int, names: Collection[str] | None
    ) -> list[OpenCase]:
        """Return the first cases between the two; of confidential ones those whose readers include one of `names`, or
        all where that is None."""
        return await self._cases(_due(entity, {"$gte": since, "$lt": until}), most, names)

    async def late_at(
        self, entity: str, in_time: Mapping[datetime, int], most: int, names: Collection[str] | None
    ) -> list[OpenCase]:
        """Return the first cases due at these moments by id, skipping so many of each."""
        every = [moment for moment, number in in_time.items() if not number]
        parts = [(moment, number) for moment, number in in_time.items() if number]
        queries = [_due(entity, {"$in": every})] if every else []
        queries += await asyncio.gather(*(self._without_first(entity, *part, most) for part in parts))
        found = await asyncio.gather(*(self._cases(query, most, names) for query in queries))
        return sorted((case for cases in found for case in cases), key=lambda case: case.due_at)[:most]

    async def _without_first(self, entity: str, moment: datetime, number: int, most: int) -> Document:
        """The skipped cases are the same for every reader."""
        query = _due(entity, {"$eq": moment})
        rest = self.clocks.find(query, {"_id": 1}, sort=[("_id", 1)], skip=number, limit=most, hint=INDEX)
        return query | {"_id": {"$in": [document["_id"] async for document in rest]}}

    async def _cases(self, query: Document, most: int, names: Collection[str] | None) -> list[OpenCase]:
        if names is not None:
            query["$or"] = [{CONFIDED: None}, {CONFIDED: {"$in": [*names]}}]
        fields = [f"standing.{name}" for name in ("target", "due_at", "official")]
        found = self.clocks.find(
            query,
            {f"state.{name}": 1 for name in (*fields, "reference")},
            sort=[(f"{STANDING}.due_at", 1)],
            limit=most,
            hint=INDEX,
        )
        return [
            OpenCase(
                submission=document["_id"],
                reference=document["state"].get("reference"),
                target=document["state"]["standing"]["target"],
                due_at=document["state"]["standing"]["due_at"],
                official=document["state"]["standing"].get("official"),
            )
            async for document in found
        ]

    async def loads(self, entity: str, now: datetime, until: datetime) -> Sequence[Load]:
        """Count late cases, those due until then, and later ones in separate queries at the same time: one query that
        tells them apart takes the database several times as long."""
        spans: list[Document] = [{"$lt": now}, {"$gte": now, "$lt": until}, {"$gte": until}]
        counted = await asyncio.gather(*(self._by_official(_open_of(entity, span)) for span in spans))
        waiting: Counter[str | None] = Counter()
        running: list[Counter[str | None]] = [Counter() for _ in spans]
        for span, counts in enumerate(counted):
            for official, state, number in counts:
                (waiting if state == State.PAUSED else running[span])[official] += number
        overdue, this_week, _ = running
        everything = sum(running, waiting.copy())
        return [
            Load(official, number, overdue[official], this_week[official], waiting[official])
            for official, number in everything.items()
        ]

    async def _by_official(self, query: Document) -> list[tuple[str | None, str, int]]:
        """Yield official, state and number."""
        by = {name: f"${STANDING}.{name}" for name in ("official", "state")}
        groups = await self.clocks.aggregate(
            [{"$match": query}, {"$group": {"_id": by, "number": {"$sum": 1}}}], hint=INDEX
        )
        return [(group["_id"].get("official"), group["_id"]["state"], group["number"]) async for group in groups]


def _open_of(entity: str, due_at: Document) -> Document:
    return {f"{STANDING}.is_open": True, f"{STANDING}.entity": entity, f"{STANDING}.due_at": due_at}


def _due(entity: str, due_at: Document) -> Document:
    return _open_of(entity, due_at) | {f"{STANDING}.state": {"$ne": State.PAUSED}}
