"""Three brokers and a replica set of three: their leaders are killed while citizens file, and nothing is lost."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
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
from shared.settings import KafkaSettings
from shared.topics import SUBMISSIONS
from tawasul.backup.take import admin_of
from tawasul.stack.local import kafka_of, mongo_of
from tawasul.stack.ports import free_port
from tawasul.stack.running import Running
from tawasul.stack.settings import StackSettings

from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.serving import serving

pytestmark = [pytest.mark.timeout(600), pytest.mark.full]

START_SECONDS = 240.0
SETTLED_SECONDS = 120.0
EACH_TIME = 15
TRIES_SECONDS = 120.0


@dataclass
class Cluster:
    brokers: list[Running]
    members: list[Running]
    infrastructure: Infrastructure

    async def primary(self) -> Running:
        """The member that takes writes."""
        async with AsyncMongoClient[dict[str, object]](self.infrastructure.mongo_uri) as client:
            await client.admin.command("ping")
            found = await client.primary
        assert found is not None
        return next(each for each in self.members if each.component.ports[0].number == found[1])

    async def leader(self, topic: str) -> Running:
        """The broker that leads its first partition."""
        leads = next(each["leader"] for each in await self._partitions(topic) if each["partition"] == 0)
        return self.brokers[int(leads) - 1]

    async def copies(self, topic: str) -> set[int]:
        """How many replicas are in sync, of each partition."""
        return {len(each["isr"]) for each in await self._partitions(topic)}

    async def _partitions(self, topic: str) -> list[dict[str, Any]]:
        async with admin_of(KafkaSettings(kafka_bootstrap=self.infrastructure.kafka_bootstrap)) as admin:
            (described,) = await admin.describe_topics([topic])
        found: list[dict[str, Any]] = described["partitions"]
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    first, second = _free_in_a_row(6), _free_in_a_row(3)
    settings = StackSettings(
        cluster=True, state=tmp_path, port_kafka=first, port_kafka_controller=first + 1, port_mongod=second
    )
    kafka, mongo = kafka_of(settings), mongo_of(settings)
    brokers = [Running(each, tmp_path / f"{each.name}.log") for each in kafka]
    members = [Running(each, tmp_path / f"{each.name}.log") for each in mongo]
    for each in kafka + mongo:
        each.patience = START_SECONDS
    try:
        for part in (*brokers, *members):
            await part.launch()
        await asyncio.gather(*(part.become_ready() for part in (*brokers, *members)))
        yield Cluster(brokers, members, Infrastructure(kafka[0].bootstrap, mongo[0].uri, "a cluster of its own"))
    finally:
        await asyncio.gather(*(part.kill() for part in (*brokers, *members)))


def _free_in_a_row(count: int) -> int:
    """The first of so many ports that nobody listens at."""
    while True:
        first = free_port()
        if all(_is_free(first + place) for place in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
        return True


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
    settings = intake_settings(cluster.infrastructure, "tawasul_intake", topic_prefix, kafka_replication=3)
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
        async with AsyncMongoClient[dict[str, object]](cluster.infrastructure.mongo_uri) as database:
            stored = await database["tawasul_intake"]["submissions"].distinct("_id")
        assert set(stored) == acknowledged
