"""Intake and the notifier, whole and side by side, with a real mail server: for what begins and ends in a mail.

A test file takes the fixtures by name: `office = intake_and_notifier.office`.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app as create_intake
from notifier.app import create_app as create_notifier
from pydantic import SecretStr

from tests.support.browser import PUBLIC_URL, Browser
from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours
from tests.support.notifier import A_KEY, notifier_settings, the_country
from tests.support.post_office import PostOffice, a_post_office
from tests.support.provider import Provider
from tests.support.serving import serving

Client = httpx2.AsyncClient
MARYAM = "maryam@citizens.example"


@pytest_asyncio.fixture(loop_scope="session")
async def office() -> AsyncIterator[PostOffice]:
    async with a_post_office() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def notifier(
    infrastructure: Infrastructure,
    mongo_database: Database,
    neighbours: Neighbours,
    provider: Provider,
    office: PostOffice,
) -> AsyncIterator[Client]:
    for change in the_country():
        kind = change.type.removesuffix("Changed").lower()
        await neighbours.publish(f"{kind}:{getattr(change, kind)}", change)
    prefix = neighbours.settings.topic_prefix
    settings = notifier_settings(
        infrastructure, mongo_database.name, prefix, provider.issuer, office.port, public_url=PUBLIC_URL
    )
    async with serving(create_notifier(settings)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    settings = intake_settings(infrastructure, name, neighbours.settings.topic_prefix, provider.issuer)
    app = create_intake(settings.model_copy(update={"contact_keys": SecretStr(A_KEY)}))
    async with serving(app):
        yield app
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(intake: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(intake) as opened:
        yield opened


async def become(database: Database, id: str, **expected: str) -> None:
    """Wait until the mails of the author are in these states, by template (with _ for -)."""
    wanted = {template.replace("_", "-"): state for template, state in expected.items()}

    async def _are() -> bool:
        theirs = {"submission_id": id, "audience": "author", "channel": "mail"}
        return {each["template"]: each["state"] async for each in database["notifications"].find(theirs)} == wanted

    await eventually(_are)
