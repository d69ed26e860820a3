"""How soon people are told, how many a second, and what a hundred thousand digests before them cost an urgent mail."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from notifier.notifications.store import COLLECTION
from pymongo.asynchronous.database import AsyncDatabase
from shared.reference.working_time import utc_now

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
        queued = bench.size(QUEUED)
        into_sink = await _handed_over(bench, system, database, "a counting sink", bench.size(10_000))
        await system.mail_into_server()
        into_server = await _handed_over(bench, system, database, "a real server", bench.size(5_000))
        await system.mail_into_sink()
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
                name=f"event to mail taken, {RATE}/s, p{per_cent}",
                value=share(calm, per_cent),
                unit="ms",
                baseline=1_000 / into_sink.floor * 8,
                against="one mail of a bare client over eight connections",
                target=target,
                note=f"{len(calm):,} acknowledgements, through Kafka and both databases" if per_cent == 50 else "",
            )
            for per_cent, target in TARGETS.items()
        ),
        Figure(
            name="mails handed over to a real SMTP server, with lease, look-ups, templates, notes and events",
            value=into_server.per_second,
            unit="/s",
            baseline=into_server.floor,
            against="a bare aiosmtplib loop over as many connections into the same server",
            bar=at_least(0.5),
            note="one process; aiosmtpd writing files",
        ),
        Figure(
            name="mails handed over to a sink that only counts",
            value=into_sink.per_second,
            unit="/s",
            baseline=into_sink.floor,
            against="a bare aiosmtplib loop over as many connections into the same sink",
            note="what all that is not SMTP costs one process; no server is as fast",
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


@dataclass(frozen=True)
class Rate:
    """Mails a second: ours, and a bare client's into the same server."""

    per_second: float
    floor: float


async def _handed_over(bench: Bench, system: System, database: Database, where: str, bare: int) -> Rate:
    """Over some seconds from a full queue, when the first are through and nothing else is to be done."""
    bench.step(f"told: the floor into {where}, the services idle")
    floor = await run("mails", system.mail_port, bare, environment={}, folder=system.stores.folder)
    bench.step(f"told: handing over to {where}, nothing else to do")
    queued = bench.size(QUEUED)
    await _queue(database, queued - await _left(database))

    async def _is_under_way() -> bool:
        return await _left(database) < queued

    await eventually(_is_under_way, patience=60)
    before, began = await _left(database), time.perf_counter()
    await asyncio.sleep(bench.seconds(DRAIN_SECONDS))  # the time it is measured over
    after = await _left(database)
    if not after:
        raise RuntimeError("the queue was empty too soon: nothing was measured")
    return Rate((before - after) / (time.perf_counter() - began), floor["per_second"])


async def _urgent_delays(
    system: System, database: Database, journeys: Journeys | None, rate: float, seconds: float
) -> list[float]:
    """From each acknowledgement's event to the server's taking its mail, in milliseconds, sorted."""
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


GROUP = Group(measure, steps=7)
