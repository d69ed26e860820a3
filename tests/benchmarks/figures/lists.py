"""The desk's lists with a million cases stored beside ten thousand, and what is alike among 100,000 open ones."""

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import fresh_stores, run

MANY, FEW = 1_000_000, 10_000
OPEN_OF_A_HUNDRED = 10
CANDIDATES_MANY, CANDIDATES_FEW = 100_000, 1_000


async def measure(bench: Bench) -> list[Figure]:
    took = {}
    for name, count, candidates in (("few", FEW, CANDIDATES_FEW), ("many", MANY, CANDIDATES_MANY)):
        cases, alike = bench.size(count, least=1_000), bench.size(candidates, least=500)
        bench.step(f"lists: {cases:,} cases")
        async with fresh_stores() as stores:
            sizes = (cases, cases * OPEN_OF_A_HUNDRED // 100, alike)
            took[name] = await run("lists", *sizes, environment=stores.environment, folder=stores.folder)
    many, few = took["many"], took["few"]
    slowest = max((name for name in many if name != "candidates"), key=lambda name: many[name]["p95"])
    return [
        Figure(
            name=f"slowest list of the desk at {bench.size(MANY, least=1_000):,} cases, p95",
            value=many[slowest]["p95"],
            unit="ms",
            baseline=few[slowest]["p95"],
            against=f"at {bench.size(FEW, least=1_000):,} cases",
            target=at_most(100),
            note=f"{slowest}, the whole page; of {len(many) - 1} lists",
        ),
        Figure(
            name=f"what is alike among {bench.size(CANDIDATES_MANY, least=500):,} open cases, p95",
            value=many["candidates"]["p95"],
            unit="ms",
            baseline=few["candidates"]["p95"],
            against=f"among {bench.size(CANDIDATES_FEW, least=500):,}",
            target=at_most(50),
            note=f"p50 {many['candidates']['p50']:.1f} ms",
        ),
    ]


GROUP = Group(measure, steps=2)
