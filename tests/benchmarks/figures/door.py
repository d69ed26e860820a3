"""Measures the gateway's cost: the same submissions through Caddy and straight to intake, with its relay running."""

from tawasul.stack.door import Door
from tawasul.stack.ports import Port, free_port

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure
from tests.benchmarks.servers import KEYS, running, service
from tests.benchmarks.stores import fresh_stores, run

RATE = 300
ROUNDS = 3
SECONDS = 5.0
SUBMISSIONS = "/api/intake/v1/submissions"


async def measure(bench: Bench) -> list[Figure]:
    answers: dict[str, list[dict[str, float]]] = {"through": [], "straight": []}
    rate = bench.size(RATE)
    async with fresh_stores() as stores:
        bodies = write_bodies(stores.folder / "bodies")
        async with running(service("intake", stores.environment | KEYS), stores.folder) as intake:
            upstreams = {"intake": intake.removeprefix("http://")}
            door = Door(Port("door", free_port()), upstreams, stores.folder / "door")
            async with running(door, stores.folder) as address:
                urls = {"through": address + SUBMISSIONS, "straight": intake + SUBMISSIONS}

                async def load(way: str, seconds: float) -> dict[str, float]:
                    arguments = (urls[way], bodies, bench.seconds(seconds), "--rate", rate)
                    answer: dict[str, float] = await run("load", *arguments, environment={}, folder=stores.folder)
                    if answer["errors"]:
                        raise RuntimeError(f"{way}: {answer['errors']} were not acknowledged")
                    return answer

                bench.step("door: warming up")
                for way in urls:
                    await load(way, 2)
                for number in range(ROUNDS):
                    for way in urls:
                        bench.step(f"door: {way}, round {number + 1}")
                        answers[way].append(await load(way, SECONDS))
    p50 = {way: middle([answer["p50"] for answer in rounds]) for way, rounds in answers.items()}
    return [
        Figure(
            name=f"intake p99 at {rate}/s through the door, no error",
            value=middle([answer["p99"] for answer in answers["through"]]),
            unit="ms",
            baseline=middle([answer["p99"] for answer in answers["straight"]]),
            against="straight to intake",
            note=f"p50 {p50['through']:.1f} against {p50['straight']:.1f} ms, median of {ROUNDS} rounds",
        )
    ]


GROUP = Group(measure, steps=1 + 2 * ROUNDS)
