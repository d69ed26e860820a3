"""How much later a submission has its custodian because it is routed, by rules, map and model."""

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import fresh_stores, run

RATE = 100
SECONDS = 12.0


async def measure(bench: Bench) -> list[Figure]:
    async with fresh_stores() as stores:
        environment, folder = stores.environment, stores.folder
        model = folder / "model"
        bench.step("routing: making a model of the sample country")
        await run("classifier", "fit", model, environment={}, folder=folder)
        seconds = bench.seconds(SECONDS)
        bench.step(f"routing: {RATE} submissions a second")
        took = await run("routing", model, RATE, seconds, environment=environment, folder=folder)
    return [
        Figure(
            name=f"routing adds to a submission's way, {RATE}/s, p99",
            value=took["p99"],
            unit="ms",
            baseline=took["rest"],
            against="all else in the same batches, until they are durable",
            target=at_most(20),
            note=f"p50 {took['p50']:.1f} ms; {took['submissions']:,} texts of 400 letters that no rule places, "
            f"{took['scored']:.0%} scored by the model",
        )
    ]


GROUP = Group(measure, steps=2)
