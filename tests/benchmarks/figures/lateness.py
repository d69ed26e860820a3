"""How late a deadline fires when 200 come due each second among 100,000 that wait, and whether any fires early."""

import asyncio
from datetime import timedelta

from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document
from shared.clock import utc_now
from sla_monitor.repository import CLOCKS, RulebookStore

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import RULEBOOK, arm_many, armed, in_milliseconds, reference
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.servers import running, service
from tests.benchmarks.stores import fresh_stores, run

ARMED = 100_000
RATE = 200
SECONDS = 20.0
FIRST_AFTER = timedelta(seconds=12)
"""Beyond the sweeper's horizon, so that it finds them by its regular look."""


async def measure(bench: Bench) -> list[Figure]:
    waiting, due = bench.size(ARMED, least=1_000), bench.size(int(RATE * SECONDS), least=100)
    async with fresh_stores() as stores, stores.client() as client:
        database = client["tawasul_sla_monitor"]
        bench.step("lateness: the floor")
        floor = await run("timer", RATE, bench.seconds(5), environment=stores.environment, folder=stores.folder)
        bench.step(f"lateness: arming {waiting:,} clocks")
        await arm_many(database, waiting)
        await RulebookStore(database).publish(RULEBOOK, None)
        async with running(service("sla-monitor", stores.environment), stores.folder):
            bench.step(f"lateness: {due:,} deadlines come due")
            seen = asyncio.create_task(run("breaches", due, environment=stores.environment, folder=stores.folder))
            await _let_come_due(database, due)
            fired = await seen
    about = f"{due:,} deadlines at {RATE}/s, {waiting:,} clocks armed"
    return [
        Figure(
            name=f"lateness of a fired deadline at {RATE}/s, p99",
            value=fired["p99"],
            unit="ms",
            baseline=floor["p99"],
            against="p99 of a timer and one majority write",
            target=at_most(50),
            note=f"{about}; seen durable from outside, the relay running; p50 {fired['p50']:.1f} ms, "
            f"longest {fired['longest']:.0f} ms",
        ),
        Figure(
            name="deadlines fired early",
            value=fired["early"],
            unit="",
            baseline=fired["fired"],
            against="deadlines fired",
            bar=at_most(0),
        ),
    ]


async def _let_come_due(database: AsyncDatabase[Document], count: int) -> None:
    """Prepared first, so that the first is not due before the last is stored."""
    known = reference()
    making = timedelta(milliseconds=count)  # a millisecond each is ample
    first = in_milliseconds(utc_now()) + FIRST_AFTER + making
    due = [armed(first + timedelta(milliseconds=1_000 * number // RATE), known) for number in range(count)]
    await database[CLOCKS].insert_many(due, ordered=False)


GROUP = Group(measure, steps=3)
