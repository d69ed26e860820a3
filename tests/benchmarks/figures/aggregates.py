"""How long it takes to read the record of a year, an award and what lies before an entity, over 1,000,000 cases."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from itertools import product

import numpy as np
from pymongo.asynchronous.database import AsyncDatabase
from shared.events.directory import EntityChanged
from shared.events.model import Name
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from sla_monitor.app import award_store
from sla_monitor.award.commands import Awards
from sla_monitor.award.model import Period
from sla_monitor.clocks.case_results import ACKNOWLEDGED, NOW, SEPARATOR, TIME, USED, Count, span_of, used_of
from sla_monitor.clocks.store import CLOCKS, DIFFERENCES, Clocks
from sla_monitor.performance.commands import Record
from sla_monitor.performance.rows import LATER, fields_of, rows_before
from sla_monitor.performance.store import PROGRESS, SUMS, RecordStore
from sla_monitor.workload.commands import Workloads
from sla_monitor.workload.store import WorkloadStore

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import arm_many, reference
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import fresh_stores
from tests.support.sla_monitor import HOUR, NAME

CASES = 1_000_000
NAMES = [f"entity-{number}" for number in range(40)]
UNITS = 4
CATEGORIES = 25
KINDS = ("complaint", "suggestion", "observation", "enquiry")
PLACES = ("capital", "muharraq", "northern", "southern")
OVERDUE_ONE_OF = 100
"""Overdue cases are counted from an index each time: one of so many open cases."""
ROUNDS = 200
AT_ONCE = 5_000


async def measure(bench: Bench) -> list[Figure]:
    cases = bench.size(CASES, least=2_000)
    async with fresh_stores() as stores, stores.client() as client:
        database = client["tawasul_sla_monitor"]
        record = _record(database)
        awards = Awards(record, award_store(database))
        days = Workloads(WorkloadStore(record.clocks.collection), record.store, record.reference)
        for kept in (record.clocks, record.store, awards.store, days.store):
            await kept.ensure_indexes()
        bench.step(f"aggregates: {cases:,} cases")
        await arm_many(database, cases, NAMES)
        await _make_overdue(database, cases // OVERDUE_ONE_OF)
        year = utc_now().year
        rows = await _fill(database, cases, year)
        bench.step("aggregates: reading years")
        some = random.Random(5)
        reads: dict[str, Callable[[], Awaitable[object]]] = {
            "the record of a year read, country": lambda: _record(database).of(year, utc_now()),
            "the record of a year read, entity": lambda: _record(database).of(year, utc_now(), some.choice(NAMES)),
            "the award of a year read": lambda: Awards(record, awards.store).of(Period(f"{year}"), utc_now()),
            "what lies before an entity read": lambda: days.of(some.choice(NAMES), utc_now(), "an.official"),
        }
        rounds = bench.size(ROUNDS, least=20)
        floor = await _slowest(lambda: database[SUMS].find_one({"detailed": False, "entity": NAMES[1]}), rounds)
        took = {name: await _slowest(read, rounds) for name, read in reads.items()}
    return [
        Figure(
            name=f"{name}, p95",
            value=milliseconds,
            unit="ms",
            baseline=floor,
            against="p95 of reading one sum",
            target=at_most(100),
            note=f"{cases:,} open cases, one of {OVERDUE_ONE_OF} overdue; {rows:,} sums; nothing kept in the process",
        )
        for name, milliseconds in took.items()
    ]


def _record(database: AsyncDatabase[Document]) -> Record:
    """One that has read nothing yet; of every four entities three belong to the first."""
    known = reference()
    for number, name in enumerate(NAMES):
        parent = NAMES[number - number % UNITS] if number % UNITS else None
        known.directory.apply(
            EntityChanged(
                entity=name, name=Name.model_validate(NAME), kind="ministry", calendar="utilities", parent=parent
            )
        )
    store = RecordStore(*(database[name] for name in (SUMS, DIFFERENCES, PROGRESS)))
    return Record(Clocks(database), store, known, 0.95)


async def _make_overdue(database: AsyncDatabase[Document], number: int) -> None:
    found = database[CLOCKS].find({}, {"_id": 1}, sort=[("_id", 1)], skip=number - 1, limit=1)
    [last] = await found.to_list()
    due_at = {"$set": {"state.standing.due_at": utc_now() - 5 * HOUR}}
    await database[CLOCKS].update_many({"_id": {"$lte": last["_id"]}}, due_at)


async def _fill(database: AsyncDatabase[Document], cases: int, year: int) -> int:
    """Sums as that many cases leave them, of every entity, month, category, kind and area; how many there are."""
    chance = random.Random(7)
    cells = len(NAMES) * 12 * CATEGORIES * len(KINDS) * len(PLACES)
    usual: list[dict[str, int]] = [_of_cases(max(cases // cells, 1), chance) for _ in range(100)]
    usual.append({Count.OPEN: 1})
    months = [*(f"{year}-{month:02}" for month in range(1, 13)), NOW]
    categories = [f"category-{number}" for number in range(CATEGORIES)]
    added: dict[str, list[int]] = defaultdict(list)
    for entity, month, *about in product(NAMES, months, categories, KINDS, PLACES):
        which = chance.randrange(len(usual) - 1) if month != NOW else len(usual) - 1
        cell = SEPARATOR.join((entity, month, *about))
        for row in (*rows_before(cell), *(row for rows in LATER.values() for row in rows(cell))):
            added[row].append(which)
    words = sorted({what for each in usual for what in each})
    numbers = np.array([[each.get(what, 0) for what in words] for each in usual])
    waiting: list[Document] = []
    for row, which_ones in added.items():
        sums = np.bincount(which_ones, minlength=len(usual)) @ numbers
        counts = {words[place]: int(sums[place]) for place in np.flatnonzero(sums)}
        waiting.append({"_id": row, **fields_of(row), "counts": counts})
        if len(waiting) == AT_ONCE:
            await database[SUMS].insert_many(waiting, ordered=False)
            waiting.clear()
    if waiting:
        await database[SUMS].insert_many(waiting, ordered=False)
    return len(added)


def _of_cases(number: int, chance: random.Random) -> dict[str, int]:
    """Sums of so many cases of one category, kind and area, each with working times of its own."""
    counts: Counter[str] = Counter()
    for _ in range(number):
        took, target = HOUR * chance.expovariate(1 / 15), 36 * HOUR
        score = chance.randint(1, 5)
        counts.update([Count.RECEIVED, Count.IN_TIME if took <= target else Count.LATE, Count.RATINGS])
        counts.update(
            [f"{TIME}{span_of(took)}", f"{ACKNOWLEDGED}{span_of(took / 5)}", f"{USED}{used_of(took, target)}"]
        )
        counts.update({Count.POINTS: score, Count.SQUARES: score**2, Count.HELD: int(took.total_seconds())})
    return dict(counts)


async def _slowest(read: Callable[[], Awaitable[object]], rounds: int) -> float:
    """The 95th percentile in milliseconds; the first few are not counted."""
    took = []
    for _ in range(rounds + 5):
        began = time.perf_counter()
        await read()
        took.append((time.perf_counter() - began) * 1_000)
    return sorted(took[5:])[int(0.95 * rounds)]


GROUP = Group(measure, steps=2)
