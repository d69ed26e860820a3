"""Questions of a category, from the catalogue to the officials, through intake's API."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from shared.events.topics import SUBMISSIONS

from tests.support.catalogue import EMERGENCY, LAMP, PASSPORT, a_catalogue
from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.serving import serving

URL = "/api/intake/v1/submissions"
Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def neighbours(kafka_bootstrap: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap) as started:
        for key, event in a_catalogue():
            await started.publish(key, event)
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours
) -> AsyncIterator[Client]:
    name = f"test_{uuid4().hex[:12]}"
    app: FastAPI = create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix))
    async with serving(app) as running:
        await eventually(lambda: EMERGENCY in app.state.directory.categories)
        yield running
    await mongo_client.drop_database(name)


async def refused(client: Client, **filing: Any) -> dict[str, Any]:
    response = await client.post(URL, json=a_filing(**filing))
    assert response.status_code == 422, response.text
    problem: dict[str, Any] = response.json()
    return problem


async def test_answers_are_kept_told_to_the_officials_and_shown_to_the_citizen(
    client: Client, neighbours: Neighbours
) -> None:
    answers = {"fault": "flickers", "pole": " A-117 ", "lamps": "٢", "near": ["shop", "school"]}
    response = await client.post(URL, json=a_filing(category=LAMP, answers=answers))
    assert response.status_code == 201, response.text
    receipt = response.json()
    (event,) = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionReceived")
    kept = {"fault": "flickers", "pole": "A-117", "lamps": "2", "near": ("school", "shop")}
    assert event.data.answers == kept
    shown = await client.get(f"{URL}/{receipt['reference']}", headers={"Tawasul-Secret": receipt["secret"]})
    fault, pole, _, near = shown.json()["answers"]
    assert (fault["question"]["en"], fault["answer"], fault["words"]["en"]) == (
        "What is wrong?",
        "flickers",
        "It flickers",
    )
    assert (pole["answer"], pole["words"]) == ("A-117", None)
    assert near["words"] == {"ar": "«A school»، «A shop»", "en": "A school, A shop"}


async def test_who_answers_is_held_to_all_that_the_category_asks(client: Client) -> None:
    problem = await refused(client, category=LAMP, answers={"lamps": "many", "colour": "red", "note": "x"})
    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("answers.fault", "missing"),
        ("answers.lamps", "no_number"),
        ("answers.colour", "unknown_question"),
        ("answers.note", "unknown_question"),
    }
    problem = await refused(client, category=PASSPORT, answers={"fault": "dark"})
    assert [error["code"] for error in problem["errors"]] == ["unknown_question"]
    problem = await refused(client, answers={"fault": "dark"})
    assert [error["code"] for error in problem["errors"]] == ["unknown_question"]


async def test_a_program_that_knows_of_no_questions_may_file_all_the_same(client: Client) -> None:
    response = await client.post(URL, json=a_filing(category=LAMP))
    assert response.status_code == 201


async def test_ten_thousand_answers_are_refused_without_repeating_them(client: Client) -> None:
    problem = await refused(client, category=LAMP, answers={f"q{number}": "x" for number in range(3_000)})
    assert len(str(problem)) < 2_000
    response = await client.post(URL, json=a_filing(category=LAMP, answers={f"q{n}": "x" * 20 for n in range(10_000)}))
    assert response.status_code == 413


async def test_what_is_not_for_this_system_is_refused_with_the_number_to_call(client: Client) -> None:
    problem = await refused(client, category=EMERGENCY)
    assert problem["type"] == "urn:tawasul:problem:not-for-this-system"
    assert problem["detail"] == "Call at once. 999"
    assert problem["detail_ar"] == "اتصل فورًا. 999"
