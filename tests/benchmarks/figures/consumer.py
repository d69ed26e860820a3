"""The batch consumer (inbox, state and outbox in one transaction) against one message, one write, one commit."""

from collections import defaultdict

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.stores import fresh_stores, run

AGAINST = "one message, one majority write, one commit"
EVENTS = {"batch": 20_000, "single": 1_500}
ROUNDS = {"parcels": 3, "router": 1}
WAYS = ("single", "batch")


async def measure(bench: Bench) -> list[Figure]:
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    events = {way: bench.size(count) for way, count in EVENTS.items()}
    async with fresh_stores() as stores:
        bodies = write_bodies(stores.folder / "bodies")
        bench.step("consumer: filling the topic")
        environment, folder = stores.environment, stores.folder
        await run("consumer", "fill", bodies, events["batch"], environment=environment, folder=folder)
        for handlers, rounds in ROUNDS.items():
            for number in range(rounds):
                for way in WAYS:
                    bench.step(f"consumer: {way}, handlers of {handlers}, round {number + 1}")
                    done = await run("consumer", way, handlers, events[way], environment=environment, folder=folder)
                    rates[handlers, way].append(done["per_second"])
    about = f"{events['batch']:,} events of 12 partitions, the same handlers on both sides"
    return [
        Figure(
            name="consumer: inbox, state and outbox in one transaction for a batch",
            value=middle(rates["parcels", "batch"]),
            unit="/s",
            baseline=middle(rates["parcels", "single"]),
            against=AGAINST,
            bar=at_least(15),
            note=f"{about} (a small aggregate, one event each), median of {ROUNDS['parcels']} rounds",
        ),
        Figure(
            name="the same with the router's handlers",
            value=middle(rates["router", "batch"]),
            unit="/s",
            baseline=middle(rates["router", "single"]),
            against=AGAINST,
            note="finding area, words and rules is most of it, on both sides",
        ),
    ]


GROUP = Group(measure, steps=1 + len(WAYS) * sum(ROUNDS.values()))
