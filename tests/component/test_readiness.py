"""Ready means making progress: what a process says of itself while something is missing, stuck or ending."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import httpx2
import intake.app
import notifier.app
import pytest
import router.app
import sla_monitor.app
from fastapi import FastAPI
from shared.events.topics import SUBMISSIONS
from shared.operations.settings import ServiceSettings
from shared.serving.service import Service
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import intake_settings
from tests.support.logged import logged_by
from tests.support.neighbours import Neighbours
from tests.support.notifier import notifier_settings
from tests.support.parcels import received
from tests.support.router import an_id, router_settings
from tests.support.serving import serving
from tests.support.sla_monitor import sla_monitor_settings

NOBODY = "http://127.0.0.1:9"
NO_MONGO = "mongodb://127.0.0.1:9/?replicaSet=rs0&serverSelectionTimeoutMS=200"

APPS: dict[str, Callable[..., FastAPI]] = {
    "intake": lambda *where: intake.app.create_app(intake_settings(*where)),
    "router": lambda on, database, prefix: router.app.create_app(router_settings(on, database, prefix, NOBODY)),
    "sla-monitor": lambda on, database, prefix: sla_monitor.app.create_app(
        sla_monitor_settings(on, database, prefix, NOBODY)
    ),
    "notifier": lambda on, database, prefix: notifier.app.create_app(
        notifier_settings(on, database, prefix, NOBODY, free_port())
    ),
}
NEEDS_THE_DATABASE = {
    "intake": ("/auth/sign-in", "/track", "/submissions/new", "/counter", "/moderation", "/open-data/submissions.csv"),
    "router": ("/desk",),
    "sla-monitor": ("/performance", "/working-hours"),
    "notifier": (),
}
"""A page of every kind, besides the API."""

each_service = pytest.mark.parametrize("service", APPS)


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Started, and not waited for."""
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://s") as client:
        yield client


async def readiness(client: httpx2.AsyncClient) -> tuple[int, list[str]]:
    """Whatever it is, the process says that it lives."""
    assert (await client.get("/livez")).status_code == 200
    answer = await client.get("/readyz")
    return answer.status_code, answer.json()["waiting_for"]


@each_service
async def test_without_mongodb_a_service_lives_and_says_what_it_waits_for(service: str, topic_prefix: str) -> None:
    nowhere = SimpleNamespace(kafka_bootstrap="127.0.0.1:9", mongo_uri=NO_MONGO)
    async with running(APPS[service](nowhere, "test_nowhere", topic_prefix)) as client:
        assert await readiness(client) == (503, ["MongoDB"])
        assert (await client.get("/metrics")).status_code == 200
        for path in (f"/api/{service}/v1/anything", "/internal/dead-letters", *NEEDS_THE_DATABASE[service]):
            answer = await client.get(path)
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True), path


async def test_what_needs_no_database_is_answered_without_it(topic_prefix: str) -> None:
    nowhere = SimpleNamespace(kafka_bootstrap="127.0.0.1:9", mongo_uri=NO_MONGO)
    async with running(APPS["intake"](nowhere, "test_nowhere", topic_prefix)) as client:
        for path in ("/", "/privacy", "/offline", "/open-data", "/api/intake/v1/openapi.json"):
            assert (await client.get(path)).status_code == 200, path


@each_service
async def test_without_kafka_a_service_lives_and_says_what_it_waits_for(
    service: str, infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str
) -> None:
    no_kafka = SimpleNamespace(kafka_bootstrap="127.0.0.1:9", mongo_uri=infrastructure.mongo_uri)
    app = APPS[service](no_kafka, mongo_database.name, topic_prefix)
    async with running(app) as client:
        await eventually(lambda: app.state.service.is_started)
        assert await readiness(client) == (503, ["Kafka"])


class Stuck:
    """Takes no batch before it is let go."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.batches = 0

    async def take(self, records: Sequence[Any]) -> None:
        self.batches += 1
        await self.go_on.wait()


async def test_a_consumer_with_lag_that_makes_nothing_durable_is_not_ready(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, neighbours: Neighbours
) -> None:
    service = Service("parcels", _settings(infrastructure, mongo_database, topic_prefix), outboxes=[])
    stuck = Stuck()
    service.subscribe([SUBMISSIONS], stuck.take)
    app = service.application()
    async with serving(app) as client:
        (subscription,) = service.subscriptions
        assert await readiness(client) == (200, [])
        first = an_id()
        await neighbours.publish(first, received(first))
        await eventually(lambda: stuck.batches)
        assert subscription.progress.lag() == {SUBMISSIONS.name: 1}
        assert subscription.is_progressing(60)

        async def _is_stuck() -> bool:
            return await readiness(client) == (503, [f"progress on {SUBMISSIONS.name}"])

        await eventually(_is_stuck)
        stuck.go_on.set()
        await eventually(lambda: not service.why_not_ready())
        assert subscription.progress.lag() == {SUBMISSIONS.name: 0}


async def test_a_consumer_that_waits_on_purpose_is_ready_with_any_lag(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, neighbours: Neighbours
) -> None:
    service = Service("parcels", _settings(infrastructure, mongo_database, topic_prefix), outboxes=[])
    stuck = Stuck()
    service.subscribe([SUBMISSIONS], stuck.take, waits_on_purpose=lambda: True)
    async with serving(service.application()):
        (subscription,) = service.subscriptions
        first = an_id()
        await neighbours.publish(first, received(first))
        await eventually(lambda: stuck.batches)
        assert subscription.progress.lag() == {SUBMISSIONS.name: 1}
        assert subscription.is_progressing(0.000_1)
        stuck.go_on.set()


async def test_who_drains_is_alive_and_not_ready(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, neighbours: Neighbours
) -> None:
    service = Service("parcels", _settings(infrastructure, mongo_database, topic_prefix), outboxes=[])
    async with serving(service.application()) as client:
        service.is_draining = True
        assert await readiness(client) == (503, ["draining"])


async def test_what_is_on_its_way_ends_beside_the_consumers_and_what_fails_there_is_told(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service("parcels", _settings(infrastructure, mongo_database, topic_prefix), outboxes=[])
    service.subscribe([SUBMISSIONS], Stuck().take)
    (subscription,) = service.subscriptions
    both_began = asyncio.Barrier(2)

    async def _fails() -> None:
        await both_began.wait()
        raise ValueError("no")

    async def _until_the_consumers_end() -> None:
        await both_began.wait()
        await eventually(lambda: not subscription.subscriber.running)

    service.before_closing |= {"first": _fails, "second": _until_the_consumers_end}
    with caplog.at_level(logging.INFO):
        async with serving(service.application()):
            assert subscription.subscriber.running
    told = [(record.getMessage(), vars(record).get("work")) for record in logged_by(caplog, "shared")]
    assert [each for each in told if each[0].startswith("not finished")] == [("not finished", "first")]
    assert told[-1] == ("stopped", None)


def _settings(infrastructure: Infrastructure, database: Database, topic_prefix: str) -> ServiceSettings:
    return ServiceSettings.model_validate(
        {
            "kafka_bootstrap": infrastructure.kafka_bootstrap,
            "mongo_uri": infrastructure.mongo_uri,
            "mongo_database": database.name,
            "topic_prefix": topic_prefix,
            "kafka_partitions": 3,
            "stuck_after_seconds": 0.5,
        }
    )
