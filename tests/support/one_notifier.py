"""A notifier for each test of a file, with a post office that takes its mail; the test plays the other services.

    office, settings = one_notifier.office, one_notifier.settings
    country, client = one_notifier.country, one_notifier.client

in a file of tests gives it these fixtures; one that needs other settings has its own fixture of that name.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from notifier.app import create_app
from notifier.settings import NotifierSettings
from pydantic import SecretStr
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_contact, an_id, notifier_settings, received, the_country
from tests.support.post_office import PostOffice, a_post_office
from tests.support.provider import Provider
from tests.support.serving import serving

MARYAM = "maryam@citizens.example"

Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session")
async def office() -> AsyncIterator[PostOffice]:
    async with a_post_office() as opened:
        yield opened


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider, office: PostOffice
) -> NotifierSettings:
    return notifier_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port)


@pytest_asyncio.fixture(loop_scope="session")
async def country(neighbours: Neighbours) -> None:
    """The directory has `the_country()`."""
    for change in the_country():
        kind = change.type.removesuffix("Changed").lower()
        await neighbours.publish(f"{kind}:{getattr(change, kind)}", change)


@pytest_asyncio.fixture(loop_scope="session")
async def client(settings: NotifierSettings, country: None) -> AsyncIterator[Client]:
    async with serving(create_app(settings)) as running:
        yield running


async def file(neighbours: Neighbours, contact: Mapping[str, Any] | None = None, **changed: Any) -> str:
    """A new submission, with its author's contact before it."""
    id = an_id()
    await neighbours.publish(f"{id}/author", a_contact(id, **contact or {}))
    await neighbours.publish(id, received(id, **changed))
    return id


async def message_of(database: Database, id: str, *states: str, template: str = "received") -> dict[str, Any]:
    """The notification to its author by this template, as soon as it is in one of these states."""
    found: dict[str, Any] = {}

    async def _is_there() -> bool:
        theirs = {"submission_id": id, "audience": "author", "template": template, "channel": {"$ne": "inbox"}}
        found.clear()
        found.update(await database["notifications"].find_one(theirs) or {})
        return found.get("state") in states

    await eventually(_is_there)
    return found


async def a_process(settings: NotifierSettings) -> asyncio.subprocess.Process:
    """`python -m notifier` with these settings."""
    secrets = {name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)}
    told = settings.model_dump(exclude_none=True, mode="json") | secrets | {"port": free_port()}
    environment = os.environ | {f"TAWASUL_{name.upper()}": str(value) for name, value in told.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notifier", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
