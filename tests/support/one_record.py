"""An SLA monitor for each test of a file, which publishes figures at once. Entities: `works` with a head, and `health`.

    app, client = one_record.app, one_record.client

in a file of tests gives it these fixtures.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from shared.events.directory import EntityChanged, OfficialChanged
from shared.events.model import Name, Role
from sla_monitor.app import create_app
from sla_monitor.settings import SlaMonitorSettings

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import API, Client, publish
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.sla_monitor import NAME, sla_monitor_settings

YEAR = datetime.now(UTC).year


@pytest.fixture
def app(infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider) -> FastAPI:
    settings: SlaMonitorSettings = sla_monitor_settings(
        infrastructure, mongo_database.name, topic_prefix, provider.issuer, figures_every_seconds=0.2
    )
    return create_app(settings)


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI, neighbours: Neighbours, provider: Provider) -> AsyncIterator[Client]:
    for id, head in (("works", "the.head"), ("health", None)):
        entity = EntityChanged(
            entity=id, name=Name.model_validate(NAME), kind="ministry", calendar="utilities", head=head
        )
        await neighbours.publish(f"entity:{id}", entity)
    official = OfficialChanged(
        official="the.head", name=Name.model_validate(NAME), entity="works", role=Role.HEAD, language="ar"
    )
    await neighbours.publish("official:the.head", official)
    async with serving(app) as running:
        await publish(running, provider.authorization("admin", "administrator"), answer="36h15m")
        yield running


async def figures(client: Client, **asked: Any) -> dict[str, Any]:
    response = await client.get(f"{API}/performance", params=asked)
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "public, max-age=2"
    answer: dict[str, Any] = response.json()
    return answer


async def settled(client: Client, **expected: int) -> dict[str, Any]:
    """The country, once it has these figures."""
    found: dict[str, Any] = {}

    async def has_them() -> bool:
        nonlocal found
        found = await figures(client)
        return {name: found["figures"][name] for name in expected} == expected

    await eventually(has_them)
    return found
