"""How fast the relay empties a full outbox, against the most that intake puts into it.

One relay holds the lease and uses one core; intake is given the processes and connections that take the most from this
machine. Both are warm when they are timed.
"""

import contextlib

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.figures.intake import CONNECTIONS, SUBMISSIONS
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.servers import KEYS, Variant, running
from tests.benchmarks.stores import fresh_stores, run

PENDING = 50_000
ROUNDS = 3
FILING_SECONDS = 4.0
MOST_FILINGS = 10
INTAKES = max(CONNECTIONS)
IN_FLIGHT = max(CONNECTIONS[INTAKES])


async def measure(bench: Bench) -> list[Figure]:
    """Each round fills an outbox of its own at intake's peak, then drains it."""
    intake: list[float] = []
    drain: list[float] = []
    async with fresh_stores() as stores:
        bodies = write_bodies(stores.folder / "bodies")
        for number in range(ROUNDS):
            own = {"TAWASUL_MONGO_DATABASE": f"intake_{number}", "TAWASUL_TOPIC_PREFIX": f"r{number}."}
            environment = stores.environment | KEYS | own
            bench.step(f"relay: filling the outbox, round {number + 1}")
            async with contextlib.AsyncExitStack() as started:
                addresses = [
                    await started.enter_async_context(
                        running(
                            Variant("intake", ["commits"], environment | {"TAWASUL_ORDINAL": str(ordinal)}),
                            stores.folder,
                        )
                    )
                    for ordinal in range(INTAKES)
                ]
                load = (",".join(address + SUBMISSIONS for address in addresses), bodies)
                filed = await run("load", *load, bench.seconds(2), environment={}, folder=stores.folder)
                pending = filed["answered"]
                peaks = []
                for _ in range(MOST_FILINGS):
                    filed = await run(
                        *("load", *load, bench.seconds(FILING_SECONDS), "--connections", IN_FLIGHT),
                        environment={},
                        folder=stores.folder,
                    )
                    peaks.append(filed["per_second"])
                    pending += filed["answered"]
                    if pending >= bench.size(PENDING):
                        break
            bench.step(f"relay: draining it, round {number + 1}")
            drained = await run("relay", environment=environment, folder=stores.folder)
            intake.append(middle(peaks))
            drain.append(drained["per_second"])
    return [
        Figure(
            name="relay drain, submissions with their contacts",
            value=middle(drain),
            unit="/s",
            baseline=middle(intake),
            against=f"peak acknowledgements of {INTAKES} processes of intake, {IN_FLIGHT} connections",
            bar=at_least(3),
            note=f"{drained['documents']:,} pending documents of two events, median of {ROUNDS} rounds",
        )
    ]


GROUP = Group(measure, steps=2 * ROUNDS)
