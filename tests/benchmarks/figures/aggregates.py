"""How long the record of a year takes to read, of the country and of one entity, over 1,000,000 cases."""

import random
import time
from collections.abc import Awaitable, Callable

from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document
from shared.clock import utc_now
from sla_monitor.domain.performance import NOW, SEPARATOR, Count, span_of
from sla_monitor.record_store import AREAS, PROGRESS, SUMS, RecordStore
from sla_monitor.repository import CLOCKS, DIFFERENCES, Clocks
from sla_monitor.use_cases.performance import Record

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import arm_many, reference
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import fresh_stores
from tests.support.sla_monitor import HOUR

CASES = 1_000_000
ENTITIES, CATEGORIES = 40, 25
KINDS = ("complaint", "suggestion", "observation", "enquiry")
PLACES = ("capital", "muharraq", "northern", "southern")
OVERDUE_ONE_OF = 100
"""What is overdue is counted from an index each time: one of so many open cases."""
ROUNDS = 200
AT_ONCE = 5_000


async def measure(bench: Bench) -> list[Figure]:
    cases = bench.size(CASES, least=2_000)
    async with fresh_stores() as stores, stores.client() as client:
        database = client["tawasul_sla_monitor"]
        store = RecordStore(*(database[name] for name in (SUMS, DIFFERENCES, PROGRESS)))
        clocks = Clocks(database)
        await clocks.ensure_indexes()
        await store.ensure_indexes()
        bench.step(f"aggregates: {cases:,} cases")
        await arm_many(database, cases)
        await _make_overdue(database, cases // OVERDUE_ONE_OF)
        year = utc_now().year
        rows = await _fill(database, cases, year)
        bench.step("aggregates: reading years")
        chance = random.Random(5)
        known = reference()

        async def of_country() -> object:
            return await Record(clocks, store, known, 0.95).of(year, utc_now())

        async def of_entity() -> object:
            return await Record(clocks, store, known, 0.95).of(year, utc_now(), f"entity-{chance.randrange(ENTITIES)}")

        async def of_one_row() -> object:
            return await database[SUMS].find_one({"detailed": False, "entity": "entity-1"})

        floor = await _slowest(of_one_row, bench.size(ROUNDS, least=20))
        took = {
            name: await _slowest(read, bench.size(ROUNDS, least=20))
            for name, read in (("country", of_country), ("entity", of_entity))
        }
    return [
        Figure(
            name=f"the record of a year read, {name}, p95",
            value=milliseconds,
            unit="ms",
            baseline=floor,
            against="p95 of reading one sum",
            target=at_most(100),
            note=f"{cases:,} open cases, one of {OVERDUE_ONE_OF} overdue; {rows:,} sums; nothing kept in the process",
        )
        for name, milliseconds in took.items()
    ]


async def _make_overdue(database: AsyncDatabase[Document], number: int) -> None:
    found = database[CLOCKS].find({}, {"_id": 1}, sort=[("_id", 1)], skip=number - 1, limit=1)
    [last] = await found.to_list()
    due_at = {"$set": {"state.standing.due_at": utc_now() - 5 * HOUR}}
    await database[CLOCKS].update_many({"_id": {"$lte": last["_id"]}}, due_at)


async def _fill(database: AsyncDatabase[Document], cases: int, year: int) -> int:
    """Sums as that many cases leave them, of every entity, month, category, kind and area; how many there are."""
    cells = ENTITIES * 12 * CATEGORIES * len(KINDS) * len(PLACES)
    each = max(cases // cells, 1)
    counts = {Count.RECEIVED: each, Count.IN_TIME: each, f"t{span_of(9 * HOUR)}": each, f"t{span_of(30 * HOUR)}": each}
    documents: list[Document] = []
    months = [*(f"{year}-{month:02}" for month in range(1, 13)), NOW]
    for entity in range(ENTITIES):
        name = f"entity-{entity}"
        for month in months:
            documents.append(_row((name, month), {"detailed": False, "entity": name, "month": month}, counts))
            for category in range(CATEGORIES if month != NOW else 0):
                for kind in KINDS:
                    for area in PLACES:
                        about = {"category": f"category-{category}", "kind": kind, "area": area}
                        fixed = {"detailed": True, "entity": name, "month": month, **about}
                        documents.append(_row((name, month, *about.values()), fixed, counts))
    for month in months[:-1]:
        for area in PLACES:
            fixed = {"detailed": AREAS, "entity": "", "month": month, "area": area}
            documents.append(_row(("", fixed["month"], area), fixed, counts))
    for start in range(0, len(documents), AT_ONCE):
        await database[SUMS].insert_many(documents[start : start + AT_ONCE], ordered=False)
    return len(documents)


def _row(parts: tuple[object, ...], fixed: Document, counts: dict[str, int]) -> Document:
    return {"_id": SEPARATOR.join(str(part) for part in parts), **fixed, "counts": dict(counts)}


async def _slowest(read: Callable[[], Awaitable[object]], rounds: int) -> float:
    """The 95th percentile in milliseconds; the first few are not counted."""
    took = []
    for _ in range(rounds + 5):
        began = time.perf_counter()
        await read()
        took.append((time.perf_counter() - began) * 1_000)
    return sorted(took[5:])[int(0.95 * rounds)]


GROUP = Group(measure, steps=2)
