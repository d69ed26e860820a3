"""Three brokers and a replica set of three: their leaders are killed while citizens file, and nothing is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from pymongo import AsyncMongoClient
from shared.events.topics import SUBMISSIONS

from tests.support.cluster import START_SECONDS, Cluster
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.serving import serving

pytestmark = [pytest.mark.timeout(600), pytest.mark.full]

SETTLED_SECONDS = 120.0
EACH_TIME = 15
TRIES_SECONDS = 120.0


@pytest_asyncio.fixture(loop_scope="session")
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    made = Cluster(tmp_path)
    try:
        await made.start()
        yield made
    finally:
        await made.kill()


@contextlib.asynccontextmanager
async def ready(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A service takes longer to start on stores that have just found each other."""
    async with serving(app, ready=False) as client:
        await eventually(lambda: not app.state.service.why_not_ready(), START_SECONDS)
        yield client


async def file(client: httpx2.AsyncClient, number: int) -> set[str]:
    """Ids of what was acknowledged, each tried with its key until it is."""
    acknowledged: set[str] = set()
    for place in range(number):
        body, key = a_filing(text=f"The lamp is out, {place}."), {"Idempotency-Key": str(uuid4())}
        await eventually(partial(_is_taken, client, body, key, acknowledged), TRIES_SECONDS)
    return acknowledged


async def _is_taken(
    client: httpx2.AsyncClient, body: dict[str, Any], key: dict[str, str], acknowledged: set[str]
) -> bool:
    answer = await client.post("/api/intake/v1/submissions", json=body, headers=key)
    assert answer.status_code in (200, 201, 503), answer.text
    if answer.status_code == 503:
        return False
    acknowledged.add(answer.json()["id"])
    return True


async def test_nothing_acknowledged_is_lost_when_leaders_are_killed(cluster: Cluster, topic_prefix: str) -> None:
    infrastructure = Infrastructure(cluster.bootstrap, cluster.uri, "a cluster of its own")
    settings = intake_settings(infrastructure, "tawasul_intake", topic_prefix, kafka_replication=3)
    topic = topic_prefix + SUBMISSIONS.name
    async with ready(create_app(settings)) as client:
        acknowledged = await file(client, EACH_TIME)

        primary = await cluster.primary()
        filing = asyncio.create_task(file(client, EACH_TIME))
        await primary.kill()
        acknowledged |= await filing
        await primary.start()

        leader = await cluster.leader(topic)
        filing = asyncio.create_task(file(client, EACH_TIME))
        await leader.kill()
        acknowledged |= await filing
        assert await cluster.copies(topic) <= {2, 3}
        await leader.start()

        neighbours = Neighbours(settings)
        await neighbours.start()
        try:
            heard = await neighbours.hear_until(
                SUBMISSIONS, lambda events: {event.key for event in events} >= acknowledged, patience=SETTLED_SECONDS
            )
        finally:
            await neighbours.stop()
        received = [event.id for event in heard if event.type == "SubmissionReceived"]
        assert len(set(received)) == len(acknowledged) == 3 * EACH_TIME
        async with AsyncMongoClient[dict[str, object]](cluster.uri) as database:
            stored = await database["tawasul_intake"]["submissions"].distinct("_id")
        assert set(stored) == acknowledged
