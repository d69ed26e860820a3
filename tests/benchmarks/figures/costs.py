"""What one submission costs each process, and whether that foretells where the machine is full.

At a few fixed rates the time of every process on a core is read over some seconds of steady work; a straight line
through them gives what a process uses at rest and what one submission adds. The line is then held against the rate
that the same system, a moment later, really sustains (`tests/benchmarks/queueing.py`). What else runs on the machine
takes its part of the cores in both.
"""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2
import psutil
from pymongo import AsyncMongoClient
from shared.aggregates import Document
from tawasul.stack.settings import DATABASES, SERVICES

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.figures.sustained import climb
from tests.benchmarks.journeys import Journeys
from tests.benchmarks.queueing import Cost, saturation
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.system import System, whole_system

RATES = (30, 45, 60)
"""Slow enough for each to be steady, fast enough that no batch holds a single submission."""
CLIMB = (20, 35, 50, 65, 80, 95, 110, 130, 150, 180, 220, 260, 310, 360)
SETTLES_SECONDS = 4.0
READ_SECONDS = 10.0
PAGES = 300
EVERYTHING_ELSE = "the kernel, and whatever else ran"
NAMES = {"mongod": "mongod", "kafka.Kafka": "kafka", "mail_sink": "mail sink", "processes.load": "load generator"}
"""By a word of the command line; services are told apart by their module."""

Times = Mapping[str, float]
"""Seconds on a core, by process."""


async def measure(bench: Bench) -> list[Figure]:
    bench.step("costs: starting the four services")
    async with whole_system() as system, system.stores.client() as client:
        journeys = Journeys(client)
        empty = await _bytes(client, system.stores.folder)
        await system.load(40, bench.seconds(5))
        await journeys.finish()
        rates = [bench.size(rate, least=10) for rate in RATES]
        used: list[Times] = []
        for rate in rates:
            bench.step(f"costs: {rate} submissions a second")
            used.append(await _used_at(system, rate, bench.seconds(READ_SECONDS, least=2)))
            await journeys.finish()
        costs = _costs(rates, used)
        filed = await client[DATABASES["intake"]]["submissions"].count_documents({})
        full = await _bytes(client, system.stores.folder)
        stored = {name: (size - empty[name]) / filed / 1_000 for name, size in full.items()}
        page = await _page(system, bench.size(PAGES))
        best, last = await climb(bench, "costs", system, journeys, CLIMB)
    measured = (best + last.rate) / 2
    foretold = saturation(costs, len(os.sched_getaffinity(0)))
    error = abs(foretold - measured) / measured
    return [
        *(_cost(cost, costs) for cost in costs),
        Figure("a page of intake, without a cache", page, "ms", page, "time of intake on a core"),
        *(
            Figure(f"stored of a submission: {name}", size, "KB", size, "with indexes, before compression")
            for name, size in stored.items()
        ),
        Figure(
            name="saturation foretold from these costs",
            value=1 + error,
            unit="×",
            baseline=1.0,
            against=f"measured between {best:g}/s (sustained) and {last.rate:g}/s (not)",
            bar=at_most(1.2),
            note=f"foretold {foretold:.0f}/s; {last}",
        ),
    ]


def _cost(cost: Cost, costs: Sequence[Cost]) -> Figure:
    return Figure(
        name=f"one submission costs {cost.process}",
        value=cost.per_submission * 1_000,
        unit="ms",
        baseline=sum(each.per_submission for each in costs) * 1_000,
        against="all processes together",
        note=f"on a core; at rest {cost.at_rest * 100:.1f} % of one",
    )


async def _used_at(system: System, rate: float, seconds: float) -> Times:
    """Cores in use by each process, while submissions come at this rate."""
    filing = asyncio.create_task(system.load(rate, SETTLES_SECONDS + seconds + 2))
    await asyncio.sleep(SETTLES_SECONDS)
    before, began = _times(), time.monotonic()
    await asyncio.sleep(seconds)
    after, took = _times(), time.monotonic() - began
    if (filed := await filing)["errors"]:
        raise RuntimeError(f"{filed['errors']} were not acknowledged at {rate}/s")
    return {name: (after[name] - before.get(name, 0.0)) / took for name in after}


def _times() -> dict[str, float]:
    """Of each process that belongs to the run, and of the rest of the machine."""
    times: dict[str, float] = {}
    for child in psutil.Process().children():
        name = _name(child.cmdline())
        if name:
            spent = child.cpu_times()
            times[name] = times.get(name, 0.0) + spent.user + spent.system
    machine = psutil.cpu_times()
    busy = sum(machine) - machine.idle - machine.iowait - machine.guest - machine.guest_nice
    return times | {EVERYTHING_ELSE: busy - sum(times.values())}


def _name(command: Sequence[str]) -> str | None:
    words = " ".join(command)
    for service in SERVICES:
        if command[-1:] == [service.replace("-", "_")]:
            return service
    return next((name for word, name in NAMES.items() if word in words), None)


def _costs(rates: Sequence[float], used: Sequence[Times]) -> list[Cost]:
    return [Cost.fitted(name, rates, [each[name] for each in used]) for name in used[0]]


async def _bytes(client: AsyncMongoClient[Document], folder: Path) -> dict[str, float]:
    """In each database with its indexes, and in Kafka's segments."""
    sizes = {}
    for service in SERVICES:
        stats = await client[DATABASES[service]].command("dbStats")
        sizes[DATABASES[service]] = float(stats["dataSize"] + stats["indexSize"])
    segments = (folder / "kafka").rglob("tawasul.*/*.log")
    return sizes | {"Kafka, one copy": float(sum(file.stat().st_size for file in segments))}


async def _page(system: System, count: int) -> float:
    """Milliseconds of intake for the form that everybody fills in."""
    async with httpx2.AsyncClient(base_url=system.addresses["intake"]) as http:
        await http.get("/submissions/new")
        before = _times()["intake"]
        for _ in range(count):
            (await http.get("/submissions/new")).raise_for_status()
        return (_times()["intake"] - before) / count * 1_000


GROUP = Group(measure, steps=1 + len(RATES) + len(CLIMB))
