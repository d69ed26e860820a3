"""How long a citizen waits for the acknowledgement when 1,000 file each second, whoever else is waiting."""

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.servers import KEYS, Variant, running, service
from tests.benchmarks.stores import fresh_stores, run

RATE = 1_000
ROUNDS = 3
SECONDS = 8.0
SUBMISSIONS = "/api/intake/v1/submissions"


async def measure(bench: Bench) -> list[Figure]:
    answers: dict[str, list[dict[str, float]]] = {"intake": [], "bare": []}
    rate = bench.size(RATE)
    async with fresh_stores() as stores:
        bodies = write_bodies(stores.folder / "bodies")
        real = service("intake", stores.environment | KEYS)
        async with running(real, stores.folder) as intake, running(Variant("bare", [], {}), stores.folder) as bare:
            urls = {"bare": f"{bare}/submissions", "intake": intake + SUBMISSIONS}

            async def load(name: str, seconds: float) -> dict[str, float]:
                arguments = (urls[name], bodies, bench.seconds(seconds), "--rate", rate)
                answer: dict[str, float] = await run("load", *arguments, environment={}, folder=stores.folder)
                return answer

            bench.step("arrivals: warming up")
            for name in urls:
                await load(name, 3)
            for number in range(ROUNDS):
                for name in urls:
                    bench.step(f"arrivals: {name}, round {number + 1}")
                    answers[name].append(await load(name, SECONDS if name == "intake" else SECONDS / 2))
    errors = sum(answer["errors"] for answer in answers["intake"])
    p50 = middle([answer["p50"] for answer in answers["intake"]])
    longest = max(answer["longest"] for answer in answers["intake"])
    return [
        Figure(
            name=f"intake p99 at {rate:,}/s fixed arrival, relay running",
            value=middle([answer["p99"] for answer in answers["intake"]]),
            unit="ms",
            baseline=middle([answer["p99"] for answer in answers["bare"]]),
            against="p99 of a bare endpoint that only answers",
            target=at_most(60),
            note=f"open model, from the scheduled time; p50 {p50:.1f} ms, longest {longest:.0f} ms",
        ),
        Figure(
            name=f"errors at {rate:,}/s fixed arrival",
            value=errors,
            unit="",
            baseline=sum(answer["answered"] for answer in answers["intake"]),
            against="requests",
            target=at_most(0),
        ),
    ]


GROUP = Group(measure, steps=1 + 2 * ROUNDS)
