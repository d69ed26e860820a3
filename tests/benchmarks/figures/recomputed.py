"""Measures live submissions while every open case is recalculated and told of: a policy changes for all."""

import time
from typing import Any

from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from sla_monitor.clocks.store import Clocks
from tawasul.demo.country import Country

from tests.benchmarks.bench import Bench, Group, share
from tests.benchmarks.clocks import arm_many
from tests.benchmarks.journeys import Journeys
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import Stores
from tests.benchmarks.system import System, whole_system
from tests.support.eventually import eventually

OPEN = 100_000
RATE = 20
"""Submissions a second: more than a country of this size has in its busiest hour."""
SLICE_SECONDS = 10.0
LONGEST_SECONDS = 1_800.0
ENTITIES = ("works", "ewa", "health", "interior")


async def measure(bench: Bench) -> list[Figure]:
    count, rate = bench.size(OPEN, least=500), bench.size(RATE, least=5)
    seconds = bench.seconds(SLICE_SECONDS, least=3)

    async def with_open_cases(stores: Stores) -> None:
        async with stores.client() as client:
            await arm_many(client["tawasul_sla_monitor"], count, ENTITIES)

    bench.step(f"recomputed: {count:,} open cases, and starting the four services")
    async with whole_system(with_open_cases) as system, system.stores.client() as client:
        clocks, journeys = Clocks(client["tawasul_sla_monitor"]), Journeys(client)
        await eventually(lambda: _is_told(clocks, 1), LONGEST_SECONDS)
        bench.step(f"recomputed: {rate} submissions a second, nothing else")
        await _ways(system, journeys, rate, seconds)  # warming up
        before = await _ways(system, journeys, rate, seconds)
        bench.step(f"recomputed: {rate} submissions a second, and other policies for all")
        began, since, answered = time.monotonic(), await journeys.now(), 0
        await system.publish_rules(_longer())
        while answered == 0 or not await _is_told(clocks, 2):
            if time.monotonic() - began > LONGEST_SECONDS:
                raise TimeoutError("not every open case was judged anew")
            answered += await _filed(system, rate, seconds)
        took = time.monotonic() - began
        during = await journeys.milliseconds(since, answered)
    return [
        Figure(
            name=f"live submissions while {count:,} open cases are judged anew, the whole way, p99",
            value=share(during, 99),
            unit="ms",
            baseline=share(before, 99),
            against="p99 of the same before",
            target=at_most(2_000),
            note=f"{rate}/s until assignment, deadline and both notifications are durable; {len(during):,} of them in "
            f"the {took:.0f} s until all were judged and told of; p50 {share(during, 50):.0f} ms",
        )
    ]


async def _ways(system: System, journeys: Journeys, rate: float, seconds: float) -> list[float]:
    since = await journeys.now()
    return await journeys.milliseconds(since, await _filed(system, rate, seconds))


async def _filed(system: System, rate: float, seconds: float) -> int:
    filed = await system.load(rate, seconds)
    if filed["errors"]:
        raise RuntimeError(f"{filed['errors']} were not acknowledged")
    return int(filed["answered"])


async def _is_told(clocks: Clocks, version: int) -> bool:
    """Whether all that is open was read by this rulebook, and the relay has sent what there was to say."""
    return await clocks.all_read_by(version) and await clocks.all_told() and not await clocks.backlog(1)


def _longer() -> Document:
    """The sample country's rules, with another time to answer wherever that is working time."""
    rules: dict[str, Any] = Country().calendars_and_policies()
    for policy in rules["policies"]:
        answer = policy["targets"].get("answer", {})
        if "working" in answer:
            answer["working"] = "80h"
    return rules | {"reason": f"the benchmark of {utc_now():%Y-%m-%d}"}


GROUP = Group(measure, steps=3)
