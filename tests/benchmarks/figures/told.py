"""How soon people are told, how many a second, and what a hundred thousand digests before them cost an urgent mail."""

import asyncio
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

from notifier.repository.notifications import COLLECTION
from pymongo.asynchronous.database import AsyncDatabase
from shared.clock import utc_now

from tests.benchmarks.bench import Bench, Group, share
from tests.benchmarks.journeys import Journeys
from tests.benchmarks.report import Figure, at_least, at_most
from tests.benchmarks.stores import run
from tests.benchmarks.system import System, whole_system
from tests.support.eventually import eventually

RATE = 50
SECONDS = 20.0
QUEUED = 100_000
INSERTED_TOGETHER = 5_000
URGENT_RATE = 20
DRAIN_SECONDS = 15.0
TARGETS = {50: at_most(100), 99: at_most(400)}
URGENT_TARGET = at_most(1_000)
Database = AsyncDatabase[dict[str, Any]]


async def measure(bench: Bench) -> list[Figure]:
    bench.step("told: starting the four services")
    async with whole_system() as system, system.stores.client() as client:
        database = client["tawasul_notifier"]
        journeys = Journeys(client)
        await system.load(20, bench.seconds(4))
        await journeys.finish()
        bench.step(f"told: {RATE} submissions a second")
        calm = await _urgent_delays(system, database, journeys, bench.size(RATE), bench.seconds(SECONDS))
        bench.step("told: the floor, the services idle")
        arguments = (system.mail_port, bench.size(10_000))
        floor = await run("mails", *arguments, environment={}, folder=system.stores.folder)

        queued = bench.size(QUEUED)
        bench.step(f"told: queueing {queued:,} digests")
        await _queue(database, queued)
        bench.step("told: handing them over, nothing else to do")
        before, began = await _left(database), time.perf_counter()
        await asyncio.sleep(bench.seconds(DRAIN_SECONDS))  # the time it is measured over
        per_second = (before - await _left(database)) / (time.perf_counter() - began)
        await _queue(database, queued - await _left(database))
        bench.step(f"told: {URGENT_RATE} urgent ones a second among them")
        seconds = bench.seconds(SECONDS)
        crowded = await _urgent_delays(system, database, None, bench.size(URGENT_RATE), seconds)
        left = await _left(database)
    if not left:
        raise RuntimeError("the queue was empty before the urgent ones were through: nothing was measured")
    return [
        *(
            Figure(
                name=f"event to mail taken and noted, {RATE}/s, p{per_cent}",
                value=share(calm, per_cent),
                unit="ms",
                baseline=1_000 / floor["per_second"] * 8,
                against="one mail of a bare client over eight connections",
                target=target,
                note=f"{len(calm):,} acknowledgements, through Kafka and both databases" if per_cent == 50 else "",
            )
            for per_cent, target in TARGETS.items()
        ),
        Figure(
            name="mails handed over, with lease, look-ups, templates, notes and events",
            value=per_second,
            unit="/s",
            baseline=floor["per_second"],
            against="a bare aiosmtplib loop over as many connections into the same server",
            bar=at_least(0.5),
        ),
        Figure(
            name=f"urgent mail under {queued:,} queued, p99",
            value=share(crowded, 99),
            unit="ms",
            baseline=share(calm, 99),
            against=f"with nothing queued, {RATE}/s",
            target=URGENT_TARGET,
            note=f"{len(crowded):,} at {URGENT_RATE}/s, {share(crowded, 100):.0f} ms at most, {left:,} still queued",
        ),
    ]


async def _urgent_delays(
    system: System, database: Database, journeys: Journeys | None, rate: float, seconds: float
) -> list[float]:
    """From each acknowledgement's event to the note that its mail was taken, in milliseconds, sorted."""
    since = utc_now()
    filed = await system.load(rate, seconds)
    if filed["errors"]:
        raise RuntimeError(f"{filed['errors']} were not acknowledged")
    if journeys is not None:
        await journeys.finish()
    theirs = {"channel": "mail", "lane": "urgent", "template": "received", "event_at": {"$gte": since}}

    async def _are_sent() -> bool:
        return bool(await database[COLLECTION].count_documents({**theirs, "state": "sent"}) >= filed["answered"])

    await eventually(_are_sent, patience=60)
    found = database[COLLECTION].find(theirs, {"event_at": 1, "sent_at": 1})
    return sorted([_milliseconds(each["event_at"], each["sent_at"]) async for each in found])


def _milliseconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds() * 1_000


async def _queue(database: Database, count: int) -> None:
    """Digests for an entity, due now, each about another submission."""
    entity = await database["cases"].find_one({"state.entity": {"$ne": None}}, {"state.entity": 1})
    assert entity is not None
    while count > 0:
        some = min(count, INSERTED_TOGETHER)
        await database[COLLECTION].insert_many([_digest(entity["state"]["entity"]) for _ in range(some)], ordered=False)
        count -= some


def _digest(entity: str) -> dict[str, Any]:
    now = utc_now()
    return {
        "_id": str(uuid4()),
        "submission_id": str(uuid4()),
        "event_id": str(uuid4()),
        "about": "SubmissionAssigned",
        "correlation_id": "bench",
        "audience": "officer",
        "recipient_kind": "entity",
        "recipient": entity,
        "channel": "mail",
        "template": "assigned-to-you",
        "language": "ar",
        "params": {"reference": "7K3MX-QPA42", "kind": "complaint", "entity": "وزارة الأشغال"},
        "lane": "bulk",
        "mandatory": False,
        "state": "created",
        "attempts": 0,
        **dict.fromkeys(("event_at", "created_at", "changed_at", "next_at"), now),
    }


async def _left(database: Database) -> int:
    return await database[COLLECTION].count_documents({"channel": "mail", "lane": "bulk", "next_at": {"$exists": True}})


GROUP = Group(measure, steps=6)
