"""Real trouble, seen by the real alerts: they fire while people are affected, and are over when these are not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from tests.support.eventually import eventually
from tests.support.infrastructure import Client, Infrastructure
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.post_office import a_post_office
from tests.support.processes import ServiceProcess, environment, processes
from tests.support.provider import Provider
from tests.support.router import a_country, received
from tests.support.watching import LocalPrometheus, Watch, needs_prometheus

SERVICES = ("router", "notifier")
STUCK, DOWN = ("ConsumerStuck", "router"), ("ServiceDown", "notifier")
UNTIL_IT_FIRES, UNTIL_IT_IS_OVER = 300.0, 60.0
"""Seconds. A consumer is stuck after two minutes, and that has to last for one; a service is down after two."""

pytestmark = [pytest.mark.timeout(600), pytest.mark.full]


@dataclass
class Night:
    """Two services without a directory, watched; the test plays the others, and the person who is woken."""

    services: dict[str, ServiceProcess]
    neighbours: Neighbours
    watch: Watch
    administrator: dict[str, str]

    async def publish_the_directory(self) -> None:
        async with httpx2.AsyncClient(base_url=self.services["router"].url) as client:
            response = await client.put("/api/router/v1/directory", json=a_country(), headers=self.administrator)
            assert response.status_code == 200, response.text


@pytest_asyncio.fixture(loop_scope="session")
async def night(
    infrastructure: Infrastructure,
    mongo_client: Client,
    provider: Provider,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> AsyncIterator[Night]:
    binary = needs_prometheus(pytestconfig)
    database = f"test_{uuid4().hex[:12]}"
    async with neighbourhood(infrastructure.kafka_bootstrap) as neighbours, a_post_office() as office:
        prefix = neighbours.settings.topic_prefix
        services = {
            name: ServiceProcess(
                name, environment(name, infrastructure, prefix, database, provider.issuer, office.port)
            )
            for name in SERVICES
        }
        addresses = {name: f"127.0.0.1:{each.port}" for name, each in services.items()}
        prometheus = LocalPrometheus(binary, tmp_path, addresses)
        async with processes(*services.values()):
            await prometheus.start()
            try:
                administrator = provider.authorization("administrator", "administrator")
                yield Night(services, neighbours, prometheus.watch, administrator)
            finally:
                await prometheus.stop(5.0)
        for name in SERVICES:
            await mongo_client.drop_database(f"{database}_{name}")


async def test_a_consumer_that_stands_still_and_a_service_that_is_gone_wake_somebody_until_they_are_back(
    night: Night,
) -> None:
    await eventually(lambda: night.watch.query('up{service="notifier"} == 1'))
    assert not {STUCK, DOWN} & await night.watch.firing()
    submission = str(uuid4())
    await night.neighbours.publish(submission, received(submission))  # the router cannot place it
    night.services["notifier"].process.kill()

    async def both_fire() -> bool:
        return {STUCK, DOWN} <= await night.watch.firing()

    try:
        await eventually(both_fire, UNTIL_IT_FIRES)
    except TimeoutError:
        age = await night.watch.query("tawasul_consumer_oldest_event_age_seconds")
        pytest.fail(f"firing: {await night.watch.firing()}, {age}")

    await night.publish_the_directory()
    await night.services["notifier"].ended()
    await night.services["notifier"].start()

    async def neither_fires() -> bool:
        return not {STUCK, DOWN} & await night.watch.firing()

    await eventually(neither_fires, UNTIL_IT_IS_OVER)
    assert await night.watch.values('max(tawasul_consumer_oldest_event_age_seconds{service="router"})') == [0.0]
