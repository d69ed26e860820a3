"""Measures the sweeper's poll for due clocks when there are a hundred times as many."""

from datetime import timedelta

from shared.reference.working_time import utc_now
from sla_monitor.clocks.store import CLOCKS

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import arm_many
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.stores import Stores, fresh_stores, run

MANY, FEW = 1_000_000, 10_000
DUE = 100
"""As many within the horizon on both sides."""


async def measure(bench: Bench) -> list[Figure]:
    many, few = bench.size(MANY, least=5_000), bench.size(FEW, least=1_000)
    async with fresh_stores() as stores:
        for name, count in (("few", few), ("many", many)):
            bench.step(f"due poll: arming {count:,} clocks")
            await _arm(stores, name, count)
        bench.step("due poll: asking")
        took = await run("due_poll", "few", "many", environment=stores.environment, folder=stores.folder)
    if took["many"]["found"] != DUE or took["few"]["found"] != DUE:
        raise RuntimeError(f"not {DUE} were due: {took}")
    return [
        Figure(
            name=f"due poll at {many:,} clocks, {DUE} of them due",
            value=took["many"]["p50"],
            unit="ms",
            baseline=took["few"]["p50"],
            against=f"at {few:,} clocks, as many due",
            bar=at_most(1.5),
        )
    ]


async def _arm(stores: Stores, name: str, count: int) -> None:
    client = stores.client()
    database = client[name]
    await arm_many(database, count)
    collection = database[CLOCKS]
    some = await collection.aggregate([{"$sample": {"size": DUE}}, {"$project": {"_id": 1}}])
    ids = [found["_id"] async for found in some]
    now = utc_now()
    for number, id in enumerate(ids):
        due_at = now + timedelta(milliseconds=number)
        await collection.update_one({"_id": id}, {"$set": {"state.next_at": due_at}})
    await client.close()


GROUP = Group(measure, steps=3)
