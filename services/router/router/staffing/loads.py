"""Count the cases of entities and of their officials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.storage.aggregates import Aggregates, Document

from router.cases.life import LOOKED_INTO, RUNNING, TO_DO, State
from router.cases.model import Assignment
from router.cases.visibility import Visibility, visible_query


@dataclass(frozen=True)
class Load:
    """The open and the answered cases of one entity, in numbers."""

    entity: str
    open: int = 0
    overdue: int = 0
    today: int = 0
    waiting: int = 0
    answered: int = 0


class Loads(Aggregates[Assignment]):
    async def loads(self, visibility: Visibility, now: datetime, tonight: datetime, since: datetime) -> list[Load]:
        """Of one entity or of all: what is open now, and what was answered since. Numbers alone: what is confidential
        counts as well."""
        own = {} if visibility.entity is None else {"state.entity": visibility.entity}
        own |= visible_query(visibility, with_confidential=True)
        opened = await self.collection.aggregate(
            [
                {"$match": {"state.state": {"$in": list(TO_DO)}, **own}},
                {"$group": {"_id": "$state.entity", "open": {"$sum": 1}, **_sums(now, tonight)}},
            ]
        )
        answered = await self.collection.aggregate(
            [
                {"$match": {"state.answered_at": {"$gte": since}, **own}},
                {"$group": {"_id": "$state.entity", "answered": {"$sum": 1}}},
            ]
        )
        found: dict[str, Document] = {}
        for cursor in (opened, answered):
            async for group in cursor:
                found.setdefault(group.pop("_id"), {}).update(group)
        return [Load(id, **numbers) for id, numbers in found.items()]

    async def loads_within(self, entity: str, visibility: Visibility, now: datetime, tonight: datetime) -> list[Load]:
        """Count the cases of one entity by official in charge; cases of nobody are under an empty name."""
        own = {"state.entity": entity} | visible_query(visibility, with_confidential=True)
        groups = await self.collection.aggregate(
            [
                {"$match": {"state.state": {"$in": list(TO_DO)}, **own}},
                {
                    "$group": {
                        "_id": {"$ifNull": ["$state.charge.official", ""]},
                        "open": {"$sum": 1},
                        **_sums(now, tonight),
                    }
                },
            ]
        )
        return [Load(group.pop("_id"), **group) async for group in groups]

    async def in_charge(self, entities: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many open cases each official has, by entity."""
        query = had_by(None) | {"state.entity": {"$in": list(entities)}}
        of = {"entity": "$state.entity", "official": "$state.charge.official"}
        groups = await self.collection.aggregate([{"$match": query}, {"$group": {"_id": of, "open": {"$sum": 1}}}])
        found: dict[str, dict[str, int]] = {}
        async for group in groups:
            found.setdefault(group["_id"]["entity"], {})[group["_id"]["official"]] = group["open"]
        return found


def had_by(officials: Sequence[str] | None) -> Document:
    """Match the open cases of these officials, or of anybody."""
    had: Document = {"$exists": True} if officials is None else {"$exists": True, "$in": list(officials)}
    return {"state.charge.official": had, "state.state": {"$in": list(LOOKED_INTO)}}


def _sums(now: datetime, tonight: datetime) -> Document:
    """While the citizen is waited for the clock stands, and nothing is late."""
    waits = {"$eq": ["$state.state", State.AWAITING_CITIZEN.value]}
    runs = {"$and": [{"$gt": ["$state.due.target", ""]}, {"$in": ["$state.state", list(RUNNING)]}]}
    late = {"$lte": ["$state.list_at", now]}
    return {
        "overdue": _sum_of(runs, late),
        "today": _sum_of(runs, {"$not": [late]}, {"$lt": ["$state.list_at", tonight]}),
        "waiting": _sum_of(waits),
    }


def _sum_of(*conditions: Document) -> Document:
    return {"$sum": {"$cond": [{"$and": list(conditions)}, 1, 0]}}
