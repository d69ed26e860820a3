"""An SLA monitor for each test of a file, with an entity that works by the calendar `utilities`.

    settings, app, client = one_sla_monitor.settings, one_sla_monitor.app, one_sla_monitor.client
    administrator, central = one_sla_monitor.administrator, one_sla_monitor.central

in a file of tests gives it these fixtures.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from shared.events.directory import EntityChanged
from shared.events.model import Name
from sla_monitor.app import create_app
from sla_monitor.calendars.model import Calendar
from sla_monitor.settings import SlaMonitorSettings

from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.sla_monitor import (
    NAME,
    a_policy,
    a_rulebook_body,
    a_triage_policy,
    round_the_clock,
    sla_monitor_settings,
)

API = "/api/sla-monitor/v1"
ALWAYS = round_the_clock("government", default=True)
UTILITIES = [round_the_clock()]

Client = httpx2.AsyncClient


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> SlaMonitorSettings:
    return sla_monitor_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer)


@pytest.fixture
def app(settings: SlaMonitorSettings) -> FastAPI:
    return create_app(settings)


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI, neighbours: Neighbours) -> AsyncIterator[Client]:
    entity = EntityChanged(entity="works", name=Name.model_validate(NAME), kind="ministry", calendar="utilities")
    await neighbours.publish("entity:works", entity)
    async with serving(app) as running:
        yield running


@pytest.fixture
def administrator(provider: Provider) -> dict[str, str]:
    return provider.authorization("admin", "administrator")


@pytest.fixture
def central(provider: Provider) -> dict[str, str]:
    return provider.authorization("clerk", "central", entity="central-office")


def a_body(answer: str = "8h", calendars: Sequence[Calendar] = (), **changed: Any) -> dict[str, Any]:
    """A rulebook of hours that never close, so that tests pass at night as well."""
    policies = (a_policy(answer=answer, **changed), a_triage_policy())
    return a_rulebook_body(*policies, calendars=calendars or [ALWAYS, round_the_clock()])


async def publish(client: Client, administrator: dict[str, str], answer: str = "8h", **changed: Any) -> None:
    body = a_body(answer, **changed)
    response = await client.put(f"{API}/calendars-and-policies", json=body, headers=administrator)
    assert response.status_code == 200, response.text
