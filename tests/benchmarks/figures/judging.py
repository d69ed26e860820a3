"""How fast every open case is judged anew when a calendar or a policy changes, the relay telling of each meanwhile."""

import time

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.aggregates import Document
from shared.clock import utc_now
from shared.events.envelope import Cause
from sla_monitor.domain.rulebook import Rulebook
from sla_monitor.judging import BATCH
from sla_monitor.repository import Clocks, RulebookStore, moves_of
from sla_monitor.use_cases.keep_clock import judge_anew

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import RULEBOOK, TARGET, arm_many, reference
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
        bench.step("judging: bare writes of the same documents")
        await arm_many(client["bare"], count)
        bare = await _bare_writes(client["bare"])
        await client.drop_database("bare")
        database = client["tawasul_sla_monitor"]
        bench.step(f"judging: {count:,} open cases")
        await arm_many(database, count)
        store = RulebookStore(database)
        await store.publish(RULEBOOK, None)
        async with running(service("sla-monitor", stores.environment), stores.folder):
            bench.step("judging: other rules hold")
            began = time.monotonic()
            await store.publish(_longer(), None)
            clocks = Clocks(database)

            await eventually(lambda: clocks.all_read_by(2), LONGEST_SECONDS)
            took = time.monotonic() - began
    return [
        Figure(
            name=f"open cases judged anew, of {count:,}",
            value=count / took,
            unit="/s",
            baseline=bare,
            against="bare bulk writes of the same documents, one process",
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
    """As many a second, in batches of the same size: what judging writes of a clock, its event and its line of the
    report, with no transaction, nothing read and nothing decided meanwhile."""
    clocks, known = Clocks(database), reference()
    known.rulebooks.add(_longer())
    number, took = 0, 0.0
    async for batch in clocks.read_by_earlier(2, BATCH):
        now = utc_now()
        for aggregate in batch:
            assert aggregate.state is not None
            decision = judge_anew(aggregate.id, aggregate.state, known, now)
            assert decision is not None
            aggregate.apply(decision, clocks.source, now, Cause(aggregate.id))
        updates = [UpdateOne({"_id": each.id}, each.update()) for each in batch]
        lines = [{"_id": f"2/{move.submission}", "version": 2, **move.model_dump()} for _, move in moves_of(batch)]
        began = time.monotonic()
        await clocks.collection.bulk_write(updates, ordered=False)
        await clocks.moves.insert_many(lines, ordered=False)
        took += time.monotonic() - began
        number += len(batch)
    return number / took


GROUP = Group(measure, steps=3)
