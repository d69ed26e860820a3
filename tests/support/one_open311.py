"""GeoReport v2 of intake, served without a database. A test file takes the fixture: `client = one_open311.client`."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.catalogue.places import Places
from intake.http.throttle import Throttle
from intake.open311.routes import add_to
from intake.settings import IntakeSettings
from shared.operations.rates import Rate
from shared.reference.directory import Directory

from tests.support.catalogue import a_catalogue
from tests.support.intake import CONTACT_KEY, TRACKING_KEYS

Client = httpx2.AsyncClient
KEY = "a key of the press"
KEYS = f"press:{hashlib.sha256(KEY.encode()).hexdigest()}"


def an_app(**settings: Any) -> FastAPI:
    directory = Directory()
    for _, event in a_catalogue():
        directory.apply(event)
    directory.changed_at = datetime(2026, 11, 24, 9, 0, 1, 500, tzinfo=UTC)
    known = {"contact_keys": CONTACT_KEY, "tracking_keys": TRACKING_KEYS, "public_url": "https://tawasul.example"}
    app = FastAPI()
    app.state.service = SimpleNamespace(is_started=True, settings=IntakeSettings(**known | settings))
    app.state.directory = directory
    app.state.places = Places(directory)
    app.state.throttle = Throttle(filings=None, hourly=Rate(3, 3_600), daily=None, guesses=None)
    add_to(app, KEYS)
    return app


def asking(app: FastAPI) -> Client:
    return Client(transport=httpx2.ASGITransport(app=app), base_url="http://open311", headers={"Accept-Language": "en"})


@pytest_asyncio.fixture(loop_scope="session")
async def client() -> AsyncIterator[Client]:
    async with asking(an_app()) as client:
        yield client
