"""A place by its name: on the form without a script, in the API, and where the officials read it."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
import yaml
from fastapi import FastAPI
from intake.app import create_app
from shared.events.directory import AreaChanged, PlaceChanged
from shared.events.model import Location
from shared.events.topics import SUBMISSIONS
from tawasul.stack.paths import COUNTRY

from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.serving import serving

NEW, API = "/submissions/new", "/api/intake/v1/submissions"
OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "en"}
Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def neighbours(kafka_bootstrap: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap) as started:
        for area in yaml.safe_load((COUNTRY / "areas.yaml").read_text()):
            await started.publish(f"area:{area['id']}", AreaChanged.model_validate({"area": area["id"], **area}))
        for place in yaml.safe_load((COUNTRY / "places.yaml").read_text()):
            if place["id"] in ("juffair", "east-riffa", "west-riffa", "seef"):
                known = PlaceChanged.model_validate({"place": place["id"], **place})
                await started.publish(f"place:{place['id']}", known)
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix))
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(intake: FastAPI) -> AsyncIterator[Client]:
    async with serving(intake) as running:
        await eventually(lambda: len(intake.state.directory.places) == 4)
        yield running


async def form(client: Client, step: str, **typed: str) -> httpx2.Response:
    """From a browser that nobody used before."""
    client.cookies.clear()
    fields = {"kind": "complaint", "text": "The lamp is out.", "who": "anonymous", "step": step} | typed
    return await client.post(NEW, data=fields, headers=OWN)


def said(page: httpx2.Response) -> str:
    return re.sub(r"[\u2066-\u2069]|<[^>]+>", "", page.text)


async def kept(intake: FastAPI, filed: httpx2.Response) -> dict[str, Any]:
    assert filed.status_code == 303, filed.text
    id = await intake.state.submissions.id_of(filed.headers["location"].split("/")[2])
    location: Location = (await intake.state.submissions.find(id)).state.location
    return location.model_dump(exclude_none=True)


async def test_a_name_is_understood_shown_and_filed(client: Client, intake: FastAPI) -> None:
    page = await form(client, "check", place="al juffair", address="Road 2825")
    assert "understood as Juffair, Capital Governorate" in said(page)
    filed = await form(client, "send", place="al juffair", address="Road 2825")
    assert await kept(intake, filed) == {"place": "juffair", "address": "Road 2825"}
    assert intake.state.directory.area_of(Location(place="juffair")) == "capital"


async def test_of_several_one_is_chosen_before_it_is_sent(client: Client, intake: FastAPI) -> None:
    page = await form(client, "check", place="Riffa")
    assert re.findall(r'name="place_id" value="([^"]+)"', page.text) == ["east-riffa", "west-riffa", "none"]
    undecided = await form(client, "send", place="Riffa", key=(key := str(uuid4())))
    assert undecided.status_code == 422
    assert "Choose which place you mean." in said(undecided)
    filed = await form(client, "send", place="Riffa", place_id="west-riffa", key=key)
    assert await kept(intake, filed) == {"place": "west-riffa", "address": "Riffa"}


@pytest.mark.parametrize("chosen", [{"place": "Riffa", "place_id": "none"}, {"place": "Timbuktu"}])
async def test_a_name_that_nobody_knows_is_passed_on_as_it_was_written(
    client: Client, intake: FastAPI, chosen: dict[str, str]
) -> None:
    assert await kept(intake, await form(client, "send", **chosen)) == {"address": chosen["place"]}


async def test_a_choice_that_does_not_belong_to_the_name_is_asked_again(client: Client) -> None:
    page = await form(client, "send", place="Riffa", place_id="seef")
    assert page.status_code == 422


async def test_a_block_is_told_in_words(client: Client, intake: FastAPI) -> None:
    assert "Block 428 · understood as Seef, Capital Governorate" in said(await form(client, "check", block="428"))
    assert "understood as Seef, Capital Governorate" in said(await form(client, "check", place="مجمع ٤٢٨"))
    assert await kept(intake, await form(client, "send", place="block 428")) == {"block": "428"}


async def test_the_form_suggests_names_in_the_language_of_the_page(client: Client) -> None:
    english = await client.get(NEW, params={"lang": "en"})
    assert '<option value="Juffair">' in english.text
    arabic = await client.get(NEW, params={"lang": "ar"})
    assert '<option value="الجفير">' in arabic.text


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"place": "الجفير"}, {"place": "juffair"}),
        ({"place": "west-riffa"}, {"place": "west-riffa"}),
        ({"place": "Riffa", "block": "911"}, {"block": "911", "address": "Riffa"}),
    ],
)
async def test_programs_send_a_name_or_an_id(
    client: Client, neighbours: Neighbours, location: dict[str, str], expected: dict[str, str]
) -> None:
    client.cookies.clear()
    response = await client.post(API, json=a_filing(location=location))
    assert response.status_code == 201, response.text
    (event,) = await neighbours.hear(SUBMISSIONS, response.json()["id"], "SubmissionReceived")
    assert event.data.location.model_dump(exclude_none=True) == expected


async def test_place_and_address_have_an_end_together(client: Client) -> None:
    client.cookies.clear()
    response = await client.post(API, json=a_filing(location={"place": "x" * 100, "address": "y" * 450}))
    assert response.status_code == 422
