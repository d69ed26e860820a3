"""How fast every open case is judged anew when a calendar or a policy changes, the relay telling of each meanwhile."""

import time

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document
from shared.clock import utc_now
from sla_monitor.domain.rulebook import Rulebook
from sla_monitor.judging import BATCH
from sla_monitor.repository import CLOCKS, Clocks, RulebookStore

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import RULEBOOK, TARGET, arm_many
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.servers import running, service
from tests.benchmarks.stores import fresh_stores
from tests.support.eventually import eventually
from tests.support.sla_monitor import a_policy, a_rulebook, a_triage_policy

OPEN = 100_000
LONGEST_SECONDS = 600.0


async def measure(bench: Bench) -> list[Figure]:
    count = bench.size(OPEN, least=1_000)
    async with fresh_stores() as stores, stores.client() as client:
        database = client["tawasul_sla_monitor"]
        bench.step(f"judging: {count:,} open cases")
        await arm_many(database, count)
        bench.step("judging: bare writes of the same documents")
        bare = await _bare_writes(database)
        store = RulebookStore(database)
        await store.publish(RULEBOOK, None)
        async with running(service("sla-monitor", stores.environment), stores.folder):
            bench.step("judging: other rules hold")
            began = time.monotonic()
            await store.publish(_longer(), None)
            clocks = Clocks(database)

            async def are_judged() -> bool:
                return not await clocks.read_by_earlier(2, 1)

            await eventually(are_judged, LONGEST_SECONDS)
            took = time.monotonic() - began
    return [
        Figure(
            name=f"open cases judged anew, of {count:,}",
            value=count / took,
            unit="/s",
            baseline=bare,
            against="bare bulk writes of the same documents",
            bar=at_least(0.4),
            target=at_least(5_000),
            note=f"{took:.1f} s until all were durable, each with its DeadlineMoved and its line of the report",
        )
    ]


def _longer() -> Rulebook:
    longer = {"answer": {"working": f"{2 * TARGET.seconds}s", "warn_at": []}}
    policies = (a_policy(calendar="utilities", targets=longer), a_triage_policy())
    following = a_rulebook(*policies, version=2)
    changed, triage = following.policies
    return following.model_copy(
        update={
            "published_at": utc_now(),
            "policies": (changed.model_copy(update={"version": 2}), triage),
        }
    )


async def _bare_writes(database: AsyncDatabase[Document]) -> float:
    """As many a second, in batches of the same size, with nothing decided and nothing beside."""
    collection, batch, number = database[CLOCKS], [], 0
    took = 0.0
    async for document in collection.find({}, {"outbox": 0}):
        batch.append(UpdateOne({"_id": document["_id"]}, {"$set": {"state": document["state"]}}))
        if len(batch) == BATCH:
            began = time.monotonic()
            await collection.bulk_write(batch, ordered=False)
            took += time.monotonic() - began
            number, batch = number + len(batch), []
    return number / took


GROUP = Group(measure, steps=3)
