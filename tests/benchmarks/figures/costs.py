"""Measures what one submission costs each process, and whether that predicts where one process of each service is full.

At rates that rise until a backlog stays, two things are read over some seconds of steady work: the time of every
process on a core, and how many batches each service took, how large they were and how long they took. From these a
queueing model (`deploy/tawasul/capacity/model.py`) foretells the cores in use at the highest of these rates, which had
no part in it, and the rate from which on a backlog grows. That is held against what the same system completes while
some seconds of work are on their way all the time: found between two rounds of readings, the second in falling order,
so that a machine that gets faster or slower meanwhile does so for both. What else runs on the machine takes its part of
the cores in all.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import httpx2
import psutil
from pymongo import AsyncMongoClient
from shared.operations.settings import ServiceSettings
from shared.storage.aggregates import Document
from tawasul.capacity import model
from tawasul.capacity.measured import RESULTS, Checked, Consumer, Measured, ProcessCost
from tawasul.capacity.plan import MOST_IN_USE, consumers_full_at
from tawasul.stack.settings import DATABASES, SERVICES

from tests.benchmarks.batches import taken
from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.bodies import bodies
from tests.benchmarks.fitting import Reading, cost, station
from tests.benchmarks.journeys import Journeys
from tests.benchmarks.processes.load import Load
from tests.benchmarks.report import Figure, at_most, commit, hardware
from tests.benchmarks.stores import kafka_version, mongod_version
from tests.benchmarks.system import System, whole_system

RATES = (3, 4, 6, 9, 13, 19, 28, 42, 63, 94, 141, 211, 316)
"""As many of them as leave no backlog; the highest is foretold by what the others say."""
FEWEST_RATES = 3
BACKLOG_SECONDS = 2.0
"""Until all that came at a rate is done: more of them are a backlog that stays."""
FULL_OF_SECONDS = 4.0
"""Of the highest of these rates: so many are on their way all the time where everything is full."""
FILLS_SECONDS, FULL_SECONDS = 16.0, 24.0
"""Until batches are as large as they get, and to count."""
SLICE_SECONDS = 1.0
CONNECTIONS = 16
CORES = len(os.sched_getaffinity(0))
SETTLES_SECONDS = 4.0
LASTS_SECONDS = 3.0
"""Longer than it takes to read."""
READ_SECONDS = 8.0
PARTS = 2
"""Each of which is a reading of its own."""
PAGES = 300
MOST_EVENTS: int = ServiceSettings.model_fields["batch_size"].default
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
        await system.load(rate=20, seconds=bench.seconds(5))
        await journeys.finish()
        filed, began = await _filed(client), await taken(system.addresses)
        rests = [await _at_rest(bench.seconds(READ_SECONDS, least=2))]
        rising = await _rising(bench, system, journeys)
        ended, submissions = await taken(system.addresses), await _filed(client) - filed
        events = {name: end.since(began[name]).events / submissions for name, end in ended.items()}
        full = await _bytes(client, system.stores.folder)
        stored = {name: (size - empty[name]) / (filed + submissions) / 1_000 for name, size in full.items()}
        page = await _page(system, bench.size(PAGES))
        kept = round(FULL_OF_SECONDS * max(rising))
        completed = await _full(bench, system, journeys, kept)
        falling = [(await _read_at(bench, system, journeys, rate))[0] for rate in reversed(rising)]
        rests.append(await _at_rest(bench.seconds(READ_SECONDS, least=2)))
    highest, *rates = sorted(rising, reverse=True)
    read = [reading for some in (*rising.values(), *falling) for reading in some]
    readings = [reading.as_done(events) for reading in read if reading.rate != highest]
    checks = [reading.as_done(events) for reading in read if reading.rate == highest]
    checked, in_use = fmean(each.rate for each in checks), fmean(each.in_use for each in checks)
    costs = [cost(name, readings, fmean(each.get(name, 0.0) for each in rests)) for name in read[0].cores]
    stations = [station(name, readings, events[name], CORES) for name in SERVICES]
    foretold = model.System(costs, stations, CORES, MOST_EVENTS).at(checked)
    measured = Measured(
        commit=commit(),
        machine=hardware(kafka_version(), mongod_version()),
        cores=CORES,
        most_events=MOST_EVENTS,
        rates=sorted(rates),
        processes={
            each.process: ProcessCost(
                at_rest_cores=round(each.at_rest, 3),
                per_batch_ms=round(each.per_batch * 1_000, 3),
                per_submission_ms=round(each.per_submission * 1_000, 3),
            )
            for each in costs
        },
        consumers={
            each.service: Consumer(
                waits_ms=round(each.waits * 1_000, 1),
                fixed_ms=round(each.fixed * 1_000, 2),
                per_event_ms=round(each.per_event * 1_000, 3),
                events=round(each.events, 2),
            )
            for each in stations
        },
        checked=Checked(
            rate=round(checked, 1),
            foretold_cores=round(foretold.use * CORES, 3),
            measured_cores=round(in_use, 3),
        ),
        saturation=round(completed, 2),
        on_their_way=kept,
        page_ms=round(page, 2),
        stored_kb={name: round(size, 2) for name, size in stored.items()},
    )
    if bench.scale == 1:
        RESULTS.write_text(measured.model_dump_json(indent=1) + "\n")
    return list(_figures(measured))


def _figures(measured: Measured) -> Iterator[Figure]:
    together = sum(process.per_submission_ms for process in measured.processes.values())
    for name, process in measured.processes.items():
        yield Figure(
            name=f"one submission costs {name}",
            value=process.per_submission_ms,
            unit="ms",
            baseline=together,
            against="all processes together",
            note=f"on a core, and {process.per_batch_ms:.2f} ms for a batch; "
            f"{process.at_rest_cores * 100:.1f} % of one at rest",
        )
    for name, full in consumers_full_at(measured).items():
        each = measured.consumers[name]
        yield Figure(
            name=f"one process is full: {name}",
            value=full,
            unit="/s",
            baseline=full,
            against=f"foretold, with {measured.most_events} events a batch, on cores of which "
            f"{MOST_IN_USE:.0%} are in use",
            note=f"a batch is work for {each.fixed_ms:.1f} ms and {each.per_event_ms:.2f} ms for each event, "
            f"a submission is {each.events:.2f} events",
        )
    for name, size in measured.stored_kb.items():
        yield Figure(f"stored of a submission: {name}", size, "KB", size, "with indexes, before compression")
    page = measured.page_ms
    yield Figure("a page of intake, without a cache", page, "ms", page, "time of intake on a core")
    checked = measured.checked
    yield _missed(
        "cores in use at a higher rate, foretold from these costs",
        checked.foretold_cores,
        checked.measured_cores,
        against=f"{checked.measured_cores:.2f} measured at {checked.rate:g}/s, which had no part in the model",
        note=f"foretold {checked.foretold_cores:.2f}",
    )
    yield _missed(
        "saturation foretold from these costs and batches",
        measured.foretold,
        measured.saturation,
        against=f"{measured.saturation:.0f}/s completed while {measured.on_their_way} were on their way all the time",
        note=f"foretold {measured.foretold:.0f}/s",
    )


def _missed(name: str, foretold: float, measured: float, against: str, note: str) -> Figure:
    return Figure(
        name=name,
        value=1 + abs(foretold - measured) / measured,
        unit="×",
        baseline=1.0,
        against=against,
        bar=at_most(1.2),
        note=note,
    )


async def _at_rest(seconds: float) -> Times:
    before, began = _times(), time.monotonic()
    await asyncio.sleep(seconds)
    return _in_use(before, time.monotonic() - began)


async def _rising(bench: Bench, system: System, journeys: Journeys) -> dict[float, list[Reading]]:
    """By rate, as long as no backlog stays. Raises RuntimeError where that is at too few rates."""
    found: dict[float, list[Reading]] = {}
    for rate in RATES:
        readings, drained_in = await _read_at(bench, system, journeys, rate)
        if drained_in > BACKLOG_SECONDS:
            break
        found[rate] = readings
    if len(found) < FEWEST_RATES:
        raise RuntimeError(f"at {rate} submissions a second a backlog of {drained_in:.1f} s stays already")
    return found


async def _full(bench: Bench, system: System, journeys: Journeys, kept: int) -> float:
    """Submissions a second that go all the way while so many are on it: each second as many are filed as came to the
    end. Were it more, what is filed in vain would take its part of the cores from what is to be completed."""
    bench.step(f"costs: {kept} submissions on their way all the time")
    load = Load([system.filed_at], bodies())

    async def keep(seconds: float) -> None:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            missing = kept - await journeys.unfinished()
            if missing > 0:
                await load.paced(missing / SLICE_SECONDS, CONNECTIONS, SLICE_SECONDS)
            else:
                await asyncio.sleep(SLICE_SECONDS)
            if load.errors:
                raise RuntimeError(f"{load.errors} submissions were not acknowledged")

    await keep(bench.seconds(FILLS_SECONDS, least=2))
    before, began = await journeys.finished(), time.monotonic()
    await keep(bench.seconds(FULL_SECONDS, least=2))
    completed = (await journeys.finished() - before) / (time.monotonic() - began)
    await journeys.finish()
    return completed


async def _read_at(bench: Bench, system: System, journeys: Journeys, rate: float) -> tuple[list[Reading], float]:
    """What is in use, and what consumers take, while submissions come at this rate; and the seconds until all that
    came was done."""
    bench.step(f"costs: {rate} submissions a second")
    seconds = bench.seconds(READ_SECONDS, least=4)
    filing = asyncio.create_task(system.load(rate, SETTLES_SECONDS + seconds + LASTS_SECONDS))
    await asyncio.sleep(SETTLES_SECONDS)
    readings = []
    for _ in range(PARTS):
        before, times, began = await taken(system.addresses), _times(), time.monotonic()
        await asyncio.sleep(seconds / PARTS)
        took = time.monotonic() - began
        cores, now = _in_use(times, took), await taken(system.addresses)
        readings.append(Reading(rate, took, cores, {name: each.since(before[name]) for name, each in now.items()}))
    if (answers := await filing)["errors"]:
        raise RuntimeError(f"{answers['errors']} were not acknowledged at {rate}/s")
    return readings, await journeys.finish()


def _in_use(before: Times, seconds: float) -> Times:
    """Cores, by process, since then. The rest of the machine is what its clock has more than theirs: at rest that may
    be a tick less than nothing."""
    return {name: max(0.0, now - before.get(name, 0.0)) / seconds for name, now in _times().items()}


async def _filed(client: AsyncMongoClient[Document]) -> int:
    return await client[DATABASES["intake"]]["submissions"].count_documents({})


def _times() -> dict[str, float]:
    """Read the time of each process of the run, and of the rest of the machine."""
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


GROUP = Group(measure, steps=2 + 2 * len(RATES))
