"""Intake with its limits on: what too many in a short time get, and who is not counted."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from prometheus_client import REGISTRY

from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import Provider
from tests.support.serving import serving

URL = "/api/intake/v1/submissions"
OWN_PAGE = {"Origin": "http://service", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def neighbours(kafka_bootstrap: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    rates = {"limit_requests": "20/600", "limit_filings": "4/600", "limit_guesses": "3/600"}
    rates |= {"limit_contact_hourly": "2/3600", "rate_limits": "on"}
    yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix, provider.issuer, **rates))
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(intake: FastAPI) -> AsyncIterator[Client]:
    async with serving(intake) as running:
        yield running


@pytest.fixture
def address() -> dict[str, str]:
    """As the door says it: another one for each test."""
    return {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::7"}


def refused(limit: str) -> float:
    return REGISTRY.get_sample_value("tawasul_rate_limited_total", {"limit": limit}) or 0


async def file(client: Client, headers: dict[str, str], **changed: Any) -> httpx2.Response:
    return await client.post(URL, json=a_filing(**changed), headers=headers)


async def test_who_asks_too_often_is_told_so_in_the_own_language(client: Client, address: dict[str, str]) -> None:
    before = refused("requests")
    answers = [await client.get("/track", headers=address) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers
    assert answers[-1].headers["RateLimit"].startswith('"requests";r=0;')

    page = await client.get("/track", headers=address | {"Accept": "text/html", "Accept-Language": "ar"})
    problem = (await client.get(f"{URL}/7KD3M-Q2X9A", headers=address)).json()
    files = await client.post(URL, json=a_filing(), headers=address)

    assert (page.status_code, page.headers["RateLimit-Policy"]) == (429, '"requests";q=20;w=600')
    assert "الانتظار" in page.text
    assert 1 <= int(page.headers["Retry-After"]) <= 30
    assert (problem["type"], problem["status"]) == ("urn:tawasul:problem:too-many-requests", 429)
    assert problem["detail"]
    assert problem["detail_ar"]
    assert files.status_code == 429
    assert refused("requests") == before + 3
    elsewhere = {"X-Forwarded-For": "192.0.2.77"}
    assert (await client.get("/track", headers=elsewhere)).status_code == 200
    assert (await client.get("/livez", headers=address)).status_code == 200


async def test_one_address_files_so_many_and_an_importer_as_many_as_there_are(
    client: Client, address: dict[str, str], provider: Provider
) -> None:
    statuses = [(await file(client, address)).status_code for _ in range(5)]
    assert statuses == [201] * 4 + [429]
    central = provider.authorization("central.import", "central", entity="central-office")
    imported = [(await file(client, address | central, channel="import")).status_code for _ in range(30)]
    assert set(imported) == {201}


async def test_the_form_keeps_what_was_typed(client: Client, address: dict[str, str]) -> None:
    for _ in range(4):
        await file(client, address)
    typed = {"kind": "complaint", "text": "The lamp is out again.", "who": "anonymous", "step": "send"}
    answer = await client.post(
        "/submissions/new", data=typed | {"key": str(uuid4())}, headers=address | OWN_PAGE | {"Accept-Language": "en"}
    )
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert "The lamp is out again." in answer.text
    assert "Nothing was stored" in answer.text


async def test_a_contact_is_used_only_so_often_however_it_is_written(
    client: Client, address: dict[str, str], provider: Provider
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    for _ in range(3):  # the same one again is one
        assert (await file(client, address | key, contact={"email": "M@citizens.example"})).status_code == 201
    elsewhere = {"X-Forwarded-For": "192.0.2.78"}
    assert (await file(client, elsewhere, contact={"email": "m@CITIZENS.example"})).status_code == 201
    third = await file(client, elsewhere, contact={"email": "m@citizens.example", "phone": "+973 3900 0001"})
    assert (third.status_code, third.json()["type"]) == (429, "urn:tawasul:problem:too-many-contacts")
    assert "citizens.example" not in third.text
    assert (await file(client, elsewhere, contact={"phone": "39000001"})).status_code == 201
    counter = provider.authorization("officer.works", "officer", entity="works")
    at_counter = await file(client, elsewhere | counter, channel="counter", contact={"email": "m@citizens.example"})
    assert at_counter.status_code == 201


async def test_secrets_are_not_tried_out(client: Client, address: dict[str, str]) -> None:
    receipt = (await file(client, address)).json()
    own = f"{URL}/{receipt['reference']}"
    right, wrong = {"Tawasul-Secret": receipt["secret"]}, {"Tawasul-Secret": "1.not-this-one"}
    ways = [
        await client.get(own, headers=address | wrong),
        await client.get(f"/track/{receipt['reference']}/1.nor-this", headers=address),
        await client.post(
            "/track", data={"reference": receipt["reference"], "secret": "1.x"}, headers=address | OWN_PAGE
        ),
    ]
    assert [way.status_code for way in ways] == [404, 404, 422]

    assert (await client.get(own, headers=address | wrong)).status_code == 429
    assert (await client.get(own, headers=address | right)).status_code == 429
    assert (await client.get(f"/track/{receipt['reference']}/{receipt['secret']}", headers=address)).status_code == 429
    page = await client.post(
        "/track", data={"reference": receipt["reference"], "secret": receipt["secret"]}, headers=address | OWN_PAGE
    )
    assert page.status_code == 429
    # Its author, elsewhere, is not shut out by them; whoever else tries there is, at the first wrong one after one.
    elsewhere, third = {"X-Forwarded-For": "192.0.2.79"}, {"X-Forwarded-For": "192.0.2.80"}
    assert (await client.get(own, headers=elsewhere | right)).status_code == 200
    assert (await client.get(own, headers=third | wrong)).status_code == 404
    assert (await client.get(own, headers=third | wrong)).status_code == 429
