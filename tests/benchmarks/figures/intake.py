"""Acknowledgements a second, through the whole endpoint: group commit against a transaction per request."""

import contextlib

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.servers import KEYS, Variant, running
from tests.benchmarks.stores import fresh_stores, run

ROUNDS = 3
SECONDS = 5.0
CONNECTIONS = 64
SUBMISSIONS = "/api/intake/v1/submissions"
WAYS = ("transactions", "commits")


async def measure(bench: Bench) -> list[Figure]:
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    async with fresh_stores() as stores, contextlib.AsyncExitStack() as started:
        bodies = write_bodies(stores.folder / "bodies")

        async def load(way: str, seconds: float) -> dict[str, float]:
            arguments = (addresses[way] + SUBMISSIONS, bodies, seconds, "--connections", CONNECTIONS)
            answer: dict[str, float] = await run("load", *arguments, environment={}, folder=stores.folder)
            if answer["errors"]:
                raise RuntimeError(f"{way}: {answer['errors']} of {answer['answered']} were not acknowledged")
            return answer

        addresses = {}
        for way in WAYS:
            own = {"TAWASUL_MONGO_DATABASE": f"intake_{way}", "TAWASUL_TOPIC_PREFIX": f"{way}."}
            variant = Variant("intake", [way], stores.environment | KEYS | own)
            addresses[way] = await started.enter_async_context(running(variant, stores.folder))
        for way in WAYS:
            bench.step(f"intake: warming up {way}")
            await load(way, bench.seconds(2))
        for number in range(ROUNDS):
            for way in WAYS:
                bench.step(f"intake: {way}, round {number + 1}")
                answer = await load(way, bench.seconds(SECONDS))
                rates[way].append(answer["per_second"])
                times[way].append(answer["p99"])
    p99 = {way: f"{middle(times[way]):.0f} ms" for way in WAYS}
    return [
        Figure(
            name="intake acknowledgements, whole endpoint, relay stopped on both sides",
            value=middle(rates["commits"]),
            unit="/s",
            baseline=middle(rates["transactions"]),
            against="a two-document transaction for each request",
            bar=at_least(5),
            note=f"{CONNECTIONS} connections, median of {ROUNDS} rounds; "
            f"p99 {p99['commits']} against {p99['transactions']}",
        )
    ]


GROUP = Group(measure, steps=len(WAYS) * (1 + ROUNDS))
