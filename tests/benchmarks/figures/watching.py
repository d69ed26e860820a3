"""Measures what metrics and traces cost the watched process; see `processes/watching.py`."""

import contextlib

import httpx2

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, Limit, at_most
from tests.benchmarks.servers import KEYS, Collector, Variant, running
from tests.benchmarks.stores import fresh_stores, run

SUBMISSIONS = "/api/intake/v1/submissions"
SECONDS = 150.0
CONNECTIONS = 32
EVENTS = 64_000
Times = dict[str, float]


async def measure(bench: Bench) -> list[Figure]:
    async with fresh_stores() as stores, contextlib.AsyncExitStack() as started:
        collector = await started.enter_async_context(running(Collector(), stores.folder))
        environment = stores.environment | KEYS | {"TAWASUL_TRACING_ENDPOINT": collector}
        bodies = write_bodies(stores.folder / "bodies")
        bench.step("watching: intake, its ways taking turns")
        address = await started.enter_async_context(
            running(Variant("watching", ["intake"], environment), stores.folder)
        )
        arguments = (address + SUBMISSIONS, bodies, bench.seconds(SECONDS, least=9), "--connections", CONNECTIONS)
        loaded = await run("load", *arguments, environment={}, folder=stores.folder)
        if loaded["errors"]:
            raise RuntimeError(f"{loaded['errors']} were not acknowledged")
        async with httpx2.AsyncClient() as http:
            intake: Times = (await http.get(f"{address}/bench")).json()
        await started.aclose()
    async with fresh_stores() as stores, running(Collector(), stores.folder) as collector:
        environment = stores.environment | {"TAWASUL_TRACING_ENDPOINT": collector}
        bodies = write_bodies(stores.folder / "bodies")
        events = bench.size(EVENTS, least=1_600)
        bench.step("watching: filling the topic")
        await run("consumer", "fill", bodies, events, "traced", environment=environment, folder=stores.folder)
        bench.step("watching: the router's consumer, its ways taking turns")
        router: Times = await run("watching", "consumer", events, environment=environment, folder=stores.folder)
    filed, taken = "a submission at intake, relay included", "an event at the router, in batches"
    return [
        _figure(f"metrics: {filed}", intake, "metrics", "bare", "no metric counts", at_most(1.03)),
        _figure(f"metrics: {taken}", router, "metrics", "bare", "no metric counts", at_most(1.03)),
        _figure(f"traces of one in a hundred: {filed}", intake, "sampled", "metrics", "tracing is off"),
        _figure(f"traces of every one: {filed}", intake, "traced", "metrics", "tracing is off"),
        _figure(f"traces of every one: {taken}", router, "traced", "metrics", "tracing is off"),
    ]


def _figure(name: str, times: Times, way: str, baseline: str, against: str, bar: Limit | None = None) -> Figure:
    note = "time of the process itself, exporting included; ways took turns, the lower quartile of each one's"
    return Figure(name, times[way], "µs", times[baseline], f"the same, {against}", bar, note=note)


GROUP = Group(measure, steps=3)
