"""The desk's lists with a million cases stored beside ten thousand, and what is alike among the open ones of these."""

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import fresh_stores, run

MANY, FEW = 1_000_000, 10_000
OPEN_OF_A_HUNDRED = 10


async def measure(bench: Bench) -> list[Figure]:
    sizes = {name: bench.size(count, least=1_000) for name, count in (("few", FEW), ("many", MANY))}
    still_open = {name: count * OPEN_OF_A_HUNDRED // 100 for name, count in sizes.items()}
    took = {}
    for name, count in sizes.items():
        bench.step(f"lists: {count:,} cases")
        async with fresh_stores() as stores:
            of = (count, still_open[name])
            took[name] = await run("lists", *of, environment=stores.environment, folder=stores.folder)
    many, few = took["many"], took["few"]
    slowest = max(many["lists"], key=lambda each: many["lists"][each]["p95"])
    return [
        Figure(
            name=f"slowest list of the desk at {sizes['many']:,} cases, p95",
            value=many["lists"][slowest]["p95"],
            unit="ms",
            baseline=few["lists"][slowest]["p95"],
            against=f"at {sizes['few']:,} cases",
            target=at_most(100),
            note=f"{slowest}, the whole page; of {len(many['lists'])} lists; filled in {many['filled_seconds']:.0f} s",
        ),
        Figure(
            name=f"what is alike among {still_open['many']:,} open cases, p95",
            value=many["alike"]["p95"],
            unit="ms",
            baseline=few["alike"]["p95"],
            against=f"among {still_open['few']:,}",
            target=at_most(50),
            note=f"p50 {many['alike']['p50']:.1f} ms; beside what is over",
        ),
    ]


GROUP = Group(measure, steps=2)
