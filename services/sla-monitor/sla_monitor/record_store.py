"""The record of the entities: sums over all cases, kept by adding differences.

Writing a batch of clocks leaves what it changes in the record as one small document (`Clocks.save`); here these are
added up, many at a time, in one transaction that also removes them. So nothing is counted twice or lost, writers of
clocks never wait for one another at a busy entity's sums, and reading a year costs as many documents as there are
entities and months.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from shared.aggregates import Document

from sla_monitor.domain.performance import NOW, SEPARATOR, Count

SUMS, PROGRESS = "sums", "progress"
MOST_AT_ONCE = 500
WITH_AREA = 3
"""Parts of a row behind entity and month, since areas are counted."""
AREAS = "areas"
"""Instead of whether a row is detailed: sums of the country in one area and month."""
RECOUNTED = "recounted"


@dataclass(frozen=True)
class Row:
    """Sums of one entity in one month; of all categories and kinds, or of one of each."""

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
        """Take the oldest differences in; how many there were."""
        if await self.differences.find_one({}, {"_id": 1}) is None:
            return 0
        async with self.sums.database.client.start_session() as session, await session.start_transaction():
            return await self._add_up(session)

    async def _add_up(self, session: AsyncClientSession) -> int:
        documents = await self.differences.find(sort=[("_id", 1)], limit=MOST_AT_ONCE, session=session).to_list()
        if not documents:
            return 0
        changes: dict[str, Counter[str]] = defaultdict(Counter)
        for document in documents:
            for key, number in document["changes"]:
                row, _, what = key.rpartition(SEPARATOR)
                changes[row][what] += number
                entity, month, *about = row.split(SEPARATOR)
                changes[f"{entity}{SEPARATOR}{month}"][what] += number
                if len(about) == WITH_AREA:
                    changes[SEPARATOR.join(("", month, about[-1]))][what] += number
        # A second one that adds up the same documents fails here, and its transaction with it.
        await self.differences.delete_many({"_id": {"$in": [each["_id"] for each in documents]}}, session=session)
        if operations := [_addition(row, counts) for row, counts in changes.items() if any(counts.values())]:
            await self.sums.bulk_write(operations, ordered=False, session=session)
        return len(documents)

    async def totals(self, year: int) -> list[Row]:
        """Of every entity, by month, and what is open now."""
        return await self._rows({"detailed": False, "month": _months(year)})

    async def details(self, year: int, entity: str) -> list[Row]:
        """Of one entity by month, category and kind."""
        return await self._rows({"detailed": True, "month": _months(year), "entity": entity})

    async def areas(self, year: int) -> list[Row]:
        """Of the country by area and month."""
        return await self._rows({"detailed": AREAS, "month": _months(year)})

    async def answered(self, entity: str, months: Sequence[str]) -> list[int]:
        """How many answers an entity gave in each of these months."""
        found = await self._rows({"detailed": False, "month": {"$in": [*months]}, "entity": entity})
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
        """The version of counting that is being gone through all clocks with, and the last one it came to."""
        found = await self.progress.find_one({"_id": RECOUNTED}) or {}
        return found.get("version", 0), found.get("after", "")

    async def note_recounted(self, version: int, after: str) -> None:
        await self.progress.update_one({"_id": RECOUNTED}, {"$set": {"version": version, "after": after}}, upsert=True)


def _addition(row: str, counts: Counter[str]) -> UpdateOne:
    entity, month, *about = row.split(SEPARATOR)
    fixed: Document = {"entity": entity, "month": month, "detailed": bool(about)}
    if not entity:
        fixed |= {"detailed": AREAS, "area": about[0]}
    elif about:
        fixed |= dict(zip(("category", "kind", "area"), about, strict=False))
    return UpdateOne(
        {"_id": row},
        {"$inc": {f"counts.{what}": number for what, number in counts.items() if number}, "$setOnInsert": fixed},
        upsert=True,
    )


def _months(year: int) -> Document:
    months: Iterable[str] = (f"{year:04}-{month:02}" for month in range(1, 13))
    return {"$in": [*months, NOW]}
