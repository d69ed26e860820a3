"""Acknowledgements a second, through the whole endpoint: group commit against a transaction per request."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.servers import KEYS, Variant, running
from tests.benchmarks.stores import fresh_stores, run

ROUNDS = 3
SECONDS = 4.0
CONNECTIONS = (64, 128)
"""Peak rates are compared: each side is taken with the number of connections that suits it best."""
SUBMISSIONS = "/api/intake/v1/submissions"
WAYS = ("transactions", "commits")


async def measure(bench: Bench) -> list[Figure]:
    answers: dict[tuple[str, int], list[dict[str, float]]] = {
        (way, number): [] for way in WAYS for number in CONNECTIONS
    }
    async with fresh_stores() as stores, contextlib.AsyncExitStack() as started:
        bodies = write_bodies(stores.folder / "bodies")

        async def load(way: str, connections: int, seconds: float) -> dict[str, float]:
            arguments = (addresses[way] + SUBMISSIONS, bodies, seconds, "--connections", connections)
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
            await load(way, CONNECTIONS[0], bench.seconds(2))
        for number in range(ROUNDS):
            for way, connections in answers:
                bench.step(f"intake: {way} over {connections} connections, round {number + 1}")
                answers[way, connections].append(await load(way, connections, bench.seconds(SECONDS)))
    commits, transactions = (max(_peaks(answers, way)) for way in WAYS[::-1])
    return [
        Figure(
            name="intake acknowledgements, whole endpoint, relay stopped on both sides",
            value=commits.rate,
            unit="/s",
            baseline=transactions.rate,
            against="a two-document transaction for each request",
            bar=at_least(5),
            note=f"median of {ROUNDS} rounds, each side with the connections that suit it best; "
            f"{commits} against {transactions}",
        )
    ]


class Peak(NamedTuple):
    rate: float
    connections: int
    p99: float

    def __str__(self) -> str:
        return f"{self.connections} connections with p99 {self.p99:.0f} ms"


def _peaks(answers: dict[tuple[str, int], list[dict[str, float]]], way: str) -> Iterator[Peak]:
    for (name, connections), rounds in answers.items():
        if name == way:
            yield Peak(middle([a["per_second"] for a in rounds]), connections, middle([a["p99"] for a in rounds]))


GROUP = Group(measure, steps=len(WAYS) * (1 + ROUNDS * len(CONNECTIONS)))
