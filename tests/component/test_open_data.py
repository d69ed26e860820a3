"""Open data of a whole intake: streamed, filtered, and without a word of a person."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app

from tests.support.catalogue import EMERGENCY, LAMP, PASSPORT, a_catalogue
from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import NOON, a_submission, intake_settings
from tests.support.neighbours import neighbourhood
from tests.support.serving import serving

Client = httpx2.AsyncClient
MANY = 1_050


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, kafka_bootstrap: str
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    async with neighbourhood(kafka_bootstrap) as neighbours:
        for key, event in a_catalogue():
            await neighbours.publish(key, event)
        yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix))
        await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(intake: FastAPI) -> AsyncIterator[Client]:
    """With more than a thousand submissions, one a minute, half of them lamps."""
    async with serving(intake) as running:
        await eventually(lambda: EMERGENCY in intake.state.directory.categories)
        await intake.state.submissions.collection.insert_many([_document(number) for number in range(MANY)])
        running.headers["Accept-Language"] = "en"
        yield running


def _document(number: int) -> dict[str, Any]:
    submission = a_submission(
        reference=f"{number:05}-00000",
        category=LAMP if number % 2 else PASSPORT,
        entity="works" if number < 10 else None,
        received_at=NOON + timedelta(minutes=number),
        location={"lat": 26.22351, "lon": 50.58762, "address": "14 Road 2825"} if number % 2 else None,
        text="Ahmed broke the lamp",
        publication={"state": "published", "text": "=A lamp"} if number == 7 else {"state": "hidden", "text": "Ahmed"},
    )
    return {"_id": str(uuid4()), "version": 1, "state": submission.model_dump(), "commands": {}, "outbox": []}


async def table(client: Client, **query: str) -> list[dict[str, str]]:
    answered = await client.get("/open-data/submissions.csv", params=query)
    assert answered.status_code == 200, answered.text
    return list(csv.DictReader(io.StringIO(answered.text, newline="")))


async def test_a_table_of_everything_comes_in_parts_and_names_nobody(client: Client) -> None:
    async with client.stream("GET", "/open-data/submissions.csv") as answered:
        assert answered.headers["content-type"] == "text/csv; charset=utf-8"
        assert answered.headers["cache-control"] == "public, max-age=300"
        assert "attachment" in answered.headers["content-disposition"]
        assert "content-length" not in answered.headers
        body = (await answered.aread()).decode()
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert [row["service_request_id"] for row in rows] == [f"{number:05}-00000" for number in range(MANY)]
    assert "Ahmed" not in body
    assert "2825" not in body
    assert rows[7]["description"] == "'=A lamp"
    assert (rows[7]["lat"], rows[9]["lat"], rows[8]["lat"]) == ("26.224", "26.22", "")


async def test_period_category_entity_and_status_choose_the_rows(client: Client) -> None:
    assert len(await table(client, category="roads")) == MANY // 2
    assert len(await table(client, category="identity_passports", entity="works")) == 5
    assert len(await table(client, entity="works", status="open")) == 10
    assert await table(client, status="closed") == []
    at = (NOON + timedelta(minutes=3)).isoformat()
    assert len(await table(client, **{"from": at, "to": at})) == 1
    assert len(await table(client, to="2026-11-23")) == 0
    assert (await client.get("/open-data/submissions.csv", params={"category": "none"})).status_code == 422
    assert (await client.get("/open-data/submissions.xlsx")).status_code == 404


async def test_what_the_abuse_list_holds_is_not_in_it(client: Client, intake: FastAPI) -> None:
    collection = intake.state.submissions.collection
    held, rejected, released = (f"{number:05}-00000" for number in (20, 21, 22))
    for reference, hold in (
        (held, {"is_open": True, "decision": None}),
        (rejected, {"is_open": False, "decision": "rejected"}),
        (released, {"is_open": False, "decision": "released"}),
    ):
        await collection.update_one({"state.reference": reference}, {"$set": {"state.hold": hold}})
    there = {row["service_request_id"] for row in await table(client)}
    assert len(there) == MANY - 2
    assert released in there
    listed = await client.get("/open311/v2/requests.json?start_date=2026-11-20T00:00:00Z")
    assert not {held, rejected} & {request["service_request_id"] for request in listed.json()}
    assert len(await intake.state.register.of_references([held, rejected])) == 2
    await collection.update_many({}, {"$set": {"state.hold": None}})


async def test_the_other_formats_hold_as_many(client: Client) -> None:
    lines = (await client.get("/open-data/submissions.jsonl")).text.splitlines()
    assert [json.loads(line)["service_request_id"] for line in lines] == [f"{n:05}-00000" for n in range(MANY)]
    collection = (await client.get("/open-data/submissions.geojson", params={"entity": "works"})).json()
    assert len(collection["features"]) == 10
    assert collection["features"][9]["geometry"]["coordinates"] == [50.59, 26.22]


async def test_a_reader_that_goes_away_makes_room_for_others(client: Client) -> None:
    for _ in range(10):
        async with client.stream("GET", "/open-data/submissions.csv") as answered:
            assert answered.status_code == 200


async def test_the_page_says_what_there_is(client: Client) -> None:
    page = await client.get("/open-data", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert 'action="/open-data/submissions.csv"' in page.text
    assert "Ministry of Works" in page.text
