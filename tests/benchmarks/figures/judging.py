"""How fast every open case is judged anew when a calendar or a policy changes, and how fast all are told of it then."""

import time

import httpx2
from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.events.envelope import Cause
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.store import RULEBOOKS, RulebookStore
from sla_monitor.clocks.commands import recalculate
from sla_monitor.clocks.store import Clocks
from sla_monitor.recalculation.worker import BATCH
from tawasul.stack.services import Service

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import RULEBOOK, TARGET, arm_many, reference
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.servers import running, service
from tests.benchmarks.stores import fresh_stores
from tests.support.eventually import eventually
from tests.support.sla_monitor import a_policy, a_rulebook, a_triage_policy

OPEN = 100_000
LONGEST_SECONDS = 600.0
LOOK_EVERY_SECONDS = 0.5
JUDGED, TOLD = "tawasul_sla_monitor_judged_anew_total", "tawasul_sla_monitor_moves_told_total"


async def measure(bench: Bench) -> list[Figure]:
    count = bench.size(OPEN, least=1_000)
    async with fresh_stores() as stores, stores.client() as client:
        bench.step("judging: bare writes of the same documents")
        await arm_many(client["bare"], count)
        bare = await _bare_writes(client["bare"])
        await client.drop_database("bare")
        database = client["tawasul_sla_monitor"]
        bench.step(f"judging: {count:,} open cases")
        await arm_many(database, count)
        store = RulebookStore(database[RULEBOOKS])
        await store.publish(RULEBOOK, None)
        monitor = service("sla-monitor", stores.environment | {"TAWASUL_MOVES_PER_SECOND": "100000"})
        async with running(monitor, stores.folder):
            bench.step("judging: other rules hold")
            began = time.monotonic()
            await store.publish(_longer(), None)
            await _until(monitor, JUDGED, count)
            took = time.monotonic() - began
            assert await Clocks(database).all_read_by(2)
            bench.step("judging: all are told")
            await _until(monitor, TOLD, count)
            told = time.monotonic() - began
    return [
        Figure(
            name=f"open cases judged anew, of {count:,}",
            value=count / took,
            unit="/s",
            baseline=bare,
            against="bare bulk writes of the same documents, one process",
            bar=at_least(0.4),
            target=at_least(5_000),
            note=f"{took:.1f} s until all were durable; after {told:.1f} s each had its DeadlineMoved and its line in "
            "the report, as fast as one process tells it",
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
    """As many a second, in batches of the same size: what judging writes; nothing is read or decided meanwhile."""
    clocks, known = Clocks(database), reference()
    known.rulebooks.add(_longer())
    number, took = 0, 0.0
    async for batch in clocks.read_by_earlier(2, BATCH):
        now = utc_now()
        for aggregate in batch.clocks:
            assert aggregate.state is not None
            decision = recalculate(aggregate.id, aggregate.state, known, now)
            assert decision is not None
            aggregate.apply(decision, clocks.source, now, Cause(aggregate.id))
        updates = [UpdateOne({"_id": each.id}, each.update()) for each in batch.clocks]
        began = time.monotonic()
        await clocks.collection.bulk_write(updates, ordered=False)
        took += time.monotonic() - began
        number += len(batch)
    return number / took


async def _until(monitor: Service, counter: str, count: int) -> None:
    """By its own count: asking the database again and again would be a load beside what is measured."""
    url = f"http://127.0.0.1:{monitor.ports[0].number}/metrics"
    async with httpx2.AsyncClient() as client:

        async def has_counted() -> bool:
            page = (await client.get(url)).text
            found = next(line for line in page.splitlines() if line.startswith(f"{counter} "))
            return float(found.split()[1]) >= count

        await eventually(has_counted, LONGEST_SECONDS, LOOK_EVERY_SECONDS)


GROUP = Group(measure, steps=4)
