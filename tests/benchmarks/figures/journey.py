"""From acknowledged to everything that a citizen is promised at once: assignment, deadline, being told."""

from tests.benchmarks.bench import Bench, Group, share
from tests.benchmarks.journeys import Journeys
from tests.benchmarks.report import Figure, Limit, at_most
from tests.benchmarks.stores import run
from tests.benchmarks.system import System, whole_system

RATES = (40, 100)
"""A second: what two cores can stand, with the load beside, and what is asked for."""
SECONDS = 20.0
WARM_UP_SECONDS = 8.0
TARGETS: dict[int, Limit] = {50: at_most(150), 99: at_most(600)}


async def measure(bench: Bench) -> list[Figure]:
    rates = [bench.size(rate) for rate in RATES]
    figures: list[Figure] = []
    bench.step("journey: starting the four services")
    async with whole_system() as system, system.stores.client() as client:
        journeys = Journeys(client)
        bench.step("journey: warming up")
        await system.load(rates[0], bench.seconds(WARM_UP_SECONDS))
        await journeys.finish()
        for rate in rates:
            bench.step(f"journey: {rate} submissions a second")
            took = await _took(system, journeys, rate, bench.seconds(SECONDS))
            environment, folder = system.stores.environment, system.stores.folder
            bench.step(f"journey: the floor at {rate} a second, the services idle")
            floor = await run("chain", rate, bench.seconds(8), environment=environment, folder=folder)
            figures += _figures(rate, took, floor)
    return figures


async def _took(system: System, journeys: Journeys, rate: int, seconds: float) -> list[float]:
    """Milliseconds of each submission's way."""
    since = await journeys.now()
    filed = await system.load(rate, seconds)
    if filed["errors"]:
        raise RuntimeError(f"{filed['errors']} were not acknowledged")
    await journeys.finish()
    took = await journeys.milliseconds(since, filed["answered"])
    if len(took) != filed["answered"]:
        raise RuntimeError(f"{len(took)} of {filed['answered']} ways are known")
    return took


def _figures(rate: int, took: list[float], floor: dict[str, float]) -> list[Figure]:
    return [
        Figure(
            name=f"acknowledged to assignment, deadline and both citizen's notifications durable, "
            f"{rate}/s, p{per_cent}",
            value=share(took, per_cent),
            unit="ms",
            baseline=floor[f"p{per_cent}"],
            against="three majority writes and two Kafka hops, nothing else",
            target=target,
            note=f"{len(took):,} submissions, all services, {share(took, 100):.0f} ms at most"
            if per_cent == 50
            else "",
        )
        for per_cent, target in TARGETS.items()
    ]


GROUP = Group(measure, steps=2 + 2 * len(RATES))
