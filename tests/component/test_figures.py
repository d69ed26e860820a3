"""The start page says how government answers, as soon as the SLA monitor publishes it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from shared.events.deadlines import PerformancePublished

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import serving

YEAR = datetime.now(ZoneInfo("Asia/Bahrain")).year

Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session")
async def client(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> AsyncIterator[Client]:
    app: FastAPI = create_app(intake_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer))
    async with serving(app) as running:
        yield running


def published(entity: str, year: int = YEAR, **numbers: Any) -> PerformancePublished:
    known = {"entity": entity, "period": str(year), "received": 500, "answered_in_time": 0, "answered_late": 0}
    return PerformancePublished.model_validate(known | numbers)


async def home(client: Client) -> str:
    response = await client.get("/", params={"lang": "en"})
    assert response.status_code == 200
    return response.text


async def test_the_newest_figures_of_this_year_are_on_the_start_page(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    assert "The figures of this year appear here with the first answers." in await home(client)
    first, second = await neighbours.publish(
        f"works:{YEAR}",
        published("works", answered_in_time=10),
        published("works", answered_in_time=380, answered_late=20, answer_times=[(52_300, 400)], target_share=0.95,
                  working_day_seconds=26_100),
    )  # fmt: skip
    await neighbours.publish(f"works:{YEAR - 1}", published("works", YEAR - 1, answered_late=9_000))
    await neighbours.send([second, first])

    async def shows_them() -> bool:
        page = await home(client)
        return "95%" in page and "400" in page and "2 working days" in page

    await eventually(shows_them)
    page = await home(client)
    assert f"Answered in time in {YEAR}" in page
    assert 'href="/performance"' in page
    stored = await mongo_database["figures"].find_one({"_id": f"works:{YEAR}"})
    assert stored is not None
    assert stored["sequence"] == second.sequence
    assert await mongo_database["submissions"].count_documents({}) == 0
