"""How late a deadline fires when 200 and 1,000 come due each second among 1,000,000, and whether any fires early."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from pymongo.asynchronous.database import AsyncDatabase
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from sla_monitor.calendars.store import RULEBOOKS, RulebookStore
from sla_monitor.clocks.store import CLOCKS

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import RULEBOOK, arm_many, armed, in_milliseconds, reference
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.servers import running, service
from tests.benchmarks.stores import fresh_stores, run

ARMED = 1_000_000
RATES = (200, 1_000)
SECONDS = 10.0
FIRST_AFTER = timedelta(seconds=12)
"""Beyond the sweeper's horizon, so that it finds them by its regular look."""


async def measure(bench: Bench) -> list[Figure]:
    waiting = bench.size(ARMED, least=1_000)
    floors: dict[int, Mapping[str, float]] = {}
    fired: dict[int, Mapping[str, float]] = {}
    async with fresh_stores() as stores, stores.client() as client:
        database = client["tawasul_sla_monitor"]
        for rate in RATES:
            bench.step(f"lateness: the floor at {rate:,}/s")
            floors[rate] = await run(
                "timer", rate, bench.seconds(5), environment=stores.environment, folder=stores.folder
            )
        bench.step(f"lateness: arming {waiting:,} clocks")
        await arm_many(database, waiting)
        await RulebookStore(database[RULEBOOKS]).publish(RULEBOOK, None)
        async with running(service("sla-monitor", stores.environment), stores.folder):
            for rate in RATES:
                due = bench.size(int(rate * SECONDS), least=100)
                bench.step(f"lateness: {due:,} deadlines come due, {rate:,} each second")
                seen = asyncio.create_task(run("breaches", due, environment=stores.environment, folder=stores.folder))
                await _let_come_due(database, due, rate)
                fired[rate] = await seen
    about = f"{waiting:,} clocks armed; seen durable from outside, the relay running"
    return [
        *(
            Figure(
                name=f"lateness of a fired deadline at {rate:,}/s, p99",
                value=fired[rate]["p99"],
                unit="ms",
                baseline=floors[rate]["p99"],
                against="p99 of a timer and one majority write",
                target=at_most(50),
                note=f"{fired[rate]['fired']:,.0f} deadlines, {about}; p50 {fired[rate]['p50']:.1f} ms, "
                f"longest {fired[rate]['longest']:.0f} ms",
            )
            for rate in RATES
        ),
        Figure(
            name="deadlines fired early",
            value=sum(each["early"] for each in fired.values()),
            unit="",
            baseline=sum(each["fired"] for each in fired.values()),
            against="deadlines fired",
            bar=at_most(0),
        ),
    ]


async def _let_come_due(database: AsyncDatabase[Document], count: int, rate: int) -> None:
    """Prepared first, so that the first is not due before the last is stored."""
    known = reference()
    making = timedelta(milliseconds=count)  # a millisecond each is ample
    first = in_milliseconds(utc_now()) + FIRST_AFTER + making
    due = [armed(first + timedelta(milliseconds=1_000 * number // rate), known) for number in range(count)]
    await database[CLOCKS].insert_many(due, ordered=False)


GROUP = Group(measure, steps=1 + 2 * len(RATES))
