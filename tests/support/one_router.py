"""A router for each test of a file, and those who ask it: the administrator, an officer of the Ministry of Works, a
stranger from another entity, the central office's clerk.

    settings, client = one_router.settings, one_router.client

in a file of tests gives it these fixtures.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from router.app import create_app

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import a_country, an_id, received, router_settings
from tests.support.serving import serving

URL = "/api/router/v1"
Client = httpx2.AsyncClient
Headers = dict[str, str]


@pytest.fixture
def settings(infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider) -> Any:
    return router_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer)


@pytest_asyncio.fixture(loop_scope="session")
async def client(settings: Any) -> AsyncIterator[Client]:
    async with serving(create_app(settings)) as running:
        yield running


@pytest.fixture
def administrator(provider: Provider) -> Headers:
    return provider.authorization("administrator", "administrator", entity="central-office")


@pytest.fixture
def officer(provider: Provider) -> Headers:
    return provider.authorization("officer.works", "officer", entity="works")


@pytest.fixture
def stranger(provider: Provider) -> Headers:
    return provider.authorization("officer.ewa", "officer", entity="ewa")


@pytest.fixture
def clerk(provider: Provider) -> Headers:
    return provider.authorization("central.triage", "central", entity="central-office")


async def publish(client: Client, administrator: Headers, **changed: Any) -> dict[str, Any]:
    response = await client.put(f"{URL}/directory", json=a_country(**changed), headers=administrator)
    assert response.status_code == 200, response.text
    published: dict[str, Any] = response.json()
    return published


async def command(client: Client, id: str, action: str, who: Headers, **body: Any) -> Any:
    return await client.post(f"{URL}/assignments/{id}/{action}", json=body, headers=who)


async def read(client: Client, id: str, who: Headers) -> dict[str, Any]:
    response = await client.get(f"{URL}/assignments/{id}", headers=who)
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def becomes(client: Client, id: str, who: Headers, state: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}

    async def _is() -> bool:
        response = await client.get(f"{URL}/assignments/{id}", headers=who)
        shown.update(response.json())
        return bool(response.status_code == 200 and shown["state"] == state)

    await eventually(_is)
    return shown


async def assigned(client: Client, neighbours: Neighbours, administrator: Headers, clerk: Headers) -> str:
    """The id of a submission that the rules gave to the Ministry of Works."""
    await publish(client, administrator)
    id = an_id()
    await neighbours.publish(id, received(id))
    await becomes(client, id, clerk, "assigned")
    return id
