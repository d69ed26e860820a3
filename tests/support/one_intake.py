"""One intake for all tests of a file, which keep apart by their submissions.

    neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client

in a file of tests gives it the three fixtures.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app

from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import Provider
from tests.support.serving import serving


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def neighbours(kafka_bootstrap: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix, provider.issuer))
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(intake: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(intake) as running:
        yield running
