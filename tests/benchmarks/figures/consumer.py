"""The batch consumer (inbox, state and outbox in one transaction) against one message, one write, one commit."""

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.stores import fresh_stores, run

EVENTS = {"batch": 20_000, "single": 1_500}
ROUNDS = 3


async def measure(bench: Bench) -> list[Figure]:
    rates: dict[str, list[float]] = {"batch": [], "single": []}
    async with fresh_stores() as stores:
        bodies = write_bodies(stores.folder / "bodies")
        bench.step("consumer: filling the topic")
        events = {way: bench.size(count) for way, count in EVENTS.items()}
        environment = stores.environment
        await run("consumer", "fill", bodies, events["batch"], environment=environment, folder=stores.folder)
        for number in range(ROUNDS):
            for way in ("single", "batch"):
                bench.step(f"consumer: {way}, round {number + 1}")
                done = await run("consumer", way, events[way], environment=environment, folder=stores.folder)
                rates[way].append(done["per_second"])
    return [
        Figure(
            name="consumer with the router's handlers: inbox, state and outbox in one transaction",
            value=middle(rates["batch"]),
            unit="/s",
            baseline=middle(rates["single"]),
            against="one message, one majority write, one commit",
            bar=at_least(15),
            note=f"{events['batch']:,} events of 12 partitions, the same handlers on both sides, "
            f"median of {ROUNDS} rounds",
        )
    ]


GROUP = Group(measure, steps=1 + 2 * ROUNDS)
