"""The record of the entities: sums over all cases, kept by adding differences.

Writing a batch of clocks leaves what it changes in the record as one small document (`Clocks.save`); here these are
added up, many at a time, in one transaction that also removes them. So nothing is counted twice or lost, writers of
clocks never wait for one another at a busy entity's sums, and reading a year costs some dozens of documents: they are
summed up by all that is asked for (`performance/rows.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Aggregates, Document

from sla_monitor.clocks.case_results import NOW, SEPARATOR, Count
from sla_monitor.clocks.store import SOURCE
from sla_monitor.performance.figures import Publication
from sla_monitor.performance.rows import AREAS, COUNTRY, LATER, OF_COUNTRY, SIDES, fields_of, rows_before

SUMS, PROGRESS = "sums", "progress"
MOST_AT_ONCE = 500
RECOUNTED, SPREAD = "recounted", "spread"

PUBLICATIONS = "publications"


@dataclass(frozen=True)
class Row:
    """Sums of an entity or the country, in a month or year; of one category, kind or area where that is set."""

    entity: str
    month: str
    category: str | None = None
    kind: str | None = None
    area: str | None = None
    counts: Counter[str] = field(default_factory=Counter)


class RecordStore:
    def __init__(
        self,
        sums: AsyncCollection[Document],
        differences: AsyncCollection[Document],
        progress: AsyncCollection[Document],
    ) -> None:
        self.sums = sums
        self.differences = differences
        self.progress = progress

    async def ensure_indexes(self) -> None:
        await self.sums.create_index([("detailed", 1), ("month", 1), ("entity", 1)], name="months")
        # A collection that a transaction writes to is made before.
        await self.differences.create_index("_id")

    async def add_up(self) -> int:
        """Add the oldest differences to the sums. Returns their number."""
        if await self.differences.find_one({}, {"_id": 1}) is None:
            return 0
        async with self.sums.database.client.start_session() as session, await session.start_transaction():
            return await self._add_up(session)

    async def _add_up(self, session: AsyncClientSession) -> int:
        documents = await self.differences.find(sort=[("_id", 1)], limit=MOST_AT_ONCE, session=session).to_list()
        if not documents:
            return 0
        cells: dict[str, Counter[str]] = defaultdict(Counter)
        for document in documents:
            for key, number in document["changes"]:
                cell, _, what = key.rpartition(SEPARATOR)
                cells[cell][what] += number
        changes: dict[str, Counter[str]] = defaultdict(Counter)
        for cell, counts in cells.items():
            for row in (*rows_before(cell), *(row for rows in LATER.values() for row in rows(cell))):
                changes[row].update(counts)
        # A second one that adds up the same documents fails here, and its transaction with it.
        await self.differences.delete_many({"_id": {"$in": [each["_id"] for each in documents]}}, session=session)
        if operations := [_addition(row, counts) for row, counts in changes.items() if any(counts.values())]:
            await self.sums.bulk_write(operations, ordered=False, session=session)
        return len(documents)

    async def spread_new(self) -> int:
        """The first time that there are such rows, as a restart is not to look at every cell: see `spread`."""
        known = await self.progress.find_one({"_id": SPREAD}) or {}
        if set(LATER) <= set(known.get("rows", ())):
            return 0
        found = await self.spread()
        await self.progress.update_one({"_id": SPREAD}, {"$addToSet": {"rows": {"$each": [*LATER]}}}, upsert=True)
        return found

    async def spread(self) -> int:
        """Add what a previous version of the code counted in cells to the rows that it does not know. Returns the
        number of cells. Each cell stores what these rows hold of it. Raises OperationFailure where another process does
        the same."""
        differing = {"detailed": True, "$expr": {"$or": [{"$ne": ["$counts", f"${spread}"]} for spread in LATER]}}
        found = [cell["_id"] async for cell in self.sums.find(differing, {"_id": 1})]
        for start in range(0, len(found), MOST_AT_ONCE):
            async with self.sums.database.client.start_session() as session, await session.start_transaction():
                await self._spread(found[start : start + MOST_AT_ONCE], session)
        return len(found)

    async def _spread(self, cells: Sequence[str], session: AsyncClientSession) -> None:
        changes: dict[str, Counter[str]] = defaultdict(Counter)
        operations: list[UpdateOne] = []
        async for cell in self.sums.find({"_id": {"$in": [*cells]}}, session=session):
            for spread, rows in LATER.items():
                for row in rows(cell["_id"]):
                    changes[row].update(cell["counts"])
                    changes[row].subtract(cell.get(spread, {}))
            operations.append(UpdateOne({"_id": cell["_id"]}, {"$set": dict.fromkeys(LATER, cell["counts"])}))
        operations += [_addition(row, counts) for row, counts in changes.items() if any(counts.values())]
        await self.sums.bulk_write(operations, ordered=False, session=session)

    async def totals(self, periods: Sequence[str], entities: Sequence[str] | None = None) -> list[Row]:
        """Return the totals of all entities, or of these. A period is a year, a month, or `now` for open cases."""
        only: Document = {"entity": {"$in": [*entities]}} if entities is not None else {}
        return await self._rows({"detailed": False, "month": {"$in": [*periods]}} | only)

    async def months(self, year: int, entity: str | None) -> list[Row]:
        """Return the rows of one entity or the country by month."""
        whose = {"detailed": False, "entity": entity} if entity is not None else {"detailed": COUNTRY}
        return await self._rows(whose | {"month": {"$in": [f"{year:04}-{month:02}" for month in range(1, 13)]}})

    async def sides(self, periods: Sequence[str], entity: str) -> list[Row]:
        """Return the rows of one entity by category, by kind and by area."""
        return await self._rows({"detailed": {"$in": [*SIDES]}, "month": {"$in": [*periods]}, "entity": entity})

    async def sides_of_country(self, periods: Sequence[str]) -> list[Row]:
        """Return the same rows of the country."""
        return await self._rows({"detailed": {"$in": [AREAS, *OF_COUNTRY.values()]}, "month": {"$in": [*periods]}})

    async def answered(self, entity: str, months: Sequence[str]) -> list[int]:
        """Return how many answers an entity gave in each of these months."""
        found = await self.totals(months, [entity])
        rows = {row.month: row.counts for row in found}
        return [rows[month][Count.IN_TIME] + rows[month][Count.LATE] if month in rows else 0 for month in months]

    async def years(self) -> list[int]:
        months = await self.sums.distinct("month", {"detailed": False})
        return sorted({int(month[:4]) for month in months if month != NOW})

    async def entities(self) -> list[str]:
        return sorted(await self.sums.distinct("entity", {"detailed": False}))

    async def knows(self, entity: str) -> bool:
        return await self.sums.find_one({"detailed": False, "entity": entity}, {"_id": 1}) is not None

    async def _rows(self, query: Document) -> list[Row]:
        found = self.sums.find(query, hint="months")
        return [
            Row(
                each["entity"],
                each["month"],
                each.get("category"),
                each.get("kind"),
                each.get("area"),
                Counter(each["counts"]),
            )
            async for each in found
        ]

    async def recounted(self) -> tuple[int, str]:
        """Return the version of the recount in progress, and the last id that it came to."""
        found = await self.progress.find_one({"_id": RECOUNTED}) or {}
        return found.get("version", 0), found.get("after", "")

    async def note_recounted(self, version: int, after: str) -> None:
        await self.progress.update_one({"_id": RECOUNTED}, {"$set": {"version": version, "after": after}}, upsert=True)


def _addition(row: str, counts: Counter[str]) -> UpdateOne:
    fixed = fields_of(row)
    kept = ("counts", *LATER) if fixed["detailed"] is True else ("counts",)
    grown = {f"{each}.{what}": number for each in kept for what, number in counts.items() if number}
    return UpdateOne({"_id": row}, {"$inc": grown, "$setOnInsert": fixed}, upsert=True)


class Publications(Aggregates[Publication]):
    """Stores the last published figures of each entity."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[PUBLICATIONS], Publication, SOURCE)
