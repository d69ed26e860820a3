"""Forms with files, as a browser without a script posts them: nothing that was given is lost, nothing is sent twice."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from shared.events.assignments import InformationRequested, SubmissionAssigned
from shared.events.topics import SUBMISSIONS
from shared.http.session_cookie import SessionKeys

from tests.support.clamd import clamd
from tests.support.eventually import eventually
from tests.support.files import a_document, a_photo
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import SESSION_KEYS, intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.serving import serving

NEW = "/submissions/new"
OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "en"}
FILED = {"kind": "complaint", "text": "The lamp is out.", "who": "anonymous"}
Client = httpx2.AsyncClient


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def neighbours(kafka_bootstrap: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix))
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def serving_intake(intake: FastAPI) -> AsyncIterator[None]:
    async with serving(intake):
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def client(intake: FastAPI, serving_intake: None) -> AsyncIterator[Client]:
    """A browser of its own for every test."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=intake), base_url="http://service") as browser:
        yield browser


async def post(client: Client, address: str, form: dict[str, str], *files: tuple[str, bytes]) -> httpx2.Response:
    sent: Any = [("files", (name, content)) for name, content in files] or [("files", ("", b""))]
    cookie = client.cookies.get("tawasul")
    token = {"form_token": _token(client)} if cookie else {}
    return await client.post(address, data=form | token, files=sent, headers=OWN)


def _token(client: Client) -> str:
    return SessionKeys(SESSION_KEYS).read(client.cookies.get("tawasul") or "").form_token


def names(page: httpx2.Response) -> list[str]:
    return re.findall(r'class="file-name"[^>]*>(?:<bdi>)?([^<]+)<', page.text)


def staged_ids(page: httpx2.Response) -> list[str]:
    return re.findall(r'name="remove" value="([^"]+)"', page.text)


async def attachments(intake: FastAPI, filed: httpx2.Response) -> list[str]:
    assert filed.status_code == 303, filed.text
    reference = filed.headers["location"].split("/")[2]
    found = await intake.state.submissions.collection.find_one({"state.reference": reference})
    return [attachment["name"] for attachment in found["state"]["attachments"]]


async def test_files_outlive_a_fault_and_are_filed_once_however_often_the_form_is_sent(
    client: Client, intake: FastAPI
) -> None:
    form = FILED | {"key": str(uuid4())}
    faulty = await post(client, NEW, form | {"text": "", "step": "check"}, ("lamp.png", a_photo("PNG")))
    assert (faulty.status_code, names(faulty)) == (422, ["lamp.png"])
    assert "data:image/jpeg;base64," in faulty.text
    again = await post(client, NEW, form | {"step": "check"}, ("lamp.png", a_photo("PNG")))
    assert (again.status_code, names(again)) == (200, ["lamp.png"])
    filed = await post(client, NEW, form | {"step": "send"}, ("more.pdf", a_document()))
    twice = await post(client, NEW, form | {"step": "send"}, ("more.pdf", a_document()))
    assert filed.headers["location"] == twice.headers["location"]
    assert await attachments(intake, filed) == ["lamp.png", "more.pdf"]


async def test_a_form_that_was_sent_before_keeps_its_files_for_the_next_one(client: Client, intake: FastAPI) -> None:
    form = FILED | {"key": str(uuid4())}
    first = await post(client, NEW, form | {"step": "send"}, ("one.png", a_photo("PNG")))
    other = await post(client, NEW, form | {"text": "Another lamp.", "step": "send"}, ("two.pdf", a_document()))
    assert (other.status_code, names(other)) == (409, ["two.pdf"])
    fresh = re.search(r'name="key" value="([^"]+)"', other.text)
    assert fresh is not None
    second = await post(client, NEW, form | {"text": "Another lamp.", "step": "send", "key": fresh[1]})
    assert await attachments(intake, first) == ["one.png"]
    assert await attachments(intake, second) == ["two.pdf"]


async def test_a_file_is_taken_away_by_who_has_its_form_alone(client: Client) -> None:
    mine, other = FILED | {"key": str(uuid4())}, FILED | {"key": str(uuid4())}
    page = await post(client, NEW, mine | {"step": "attach"}, ("lamp.png", a_photo("PNG")))
    (id,) = staged_ids(page)
    await post(client, NEW, other | {"remove": id})
    assert names(await post(client, NEW, mine | {"step": "attach"})) == ["lamp.png"]
    assert names(await post(client, NEW, mine | {"remove": id})) == []


async def test_what_is_sent_is_not_taken_away_by_its_form(client: Client, intake: FastAPI) -> None:
    form = FILED | {"key": str(uuid4())}
    (id,) = staged_ids(await post(client, NEW, form | {"step": "attach"}, ("lamp.png", a_photo("PNG"))))
    filed = await post(client, NEW, form | {"step": "send"})
    await post(client, NEW, form | {"remove": id})
    assert await attachments(intake, filed) == ["lamp.png"]
    assert await intake.state.attachments.content(id) is not None


async def test_refused_names_are_shown_harmlessly(client: Client) -> None:
    form = FILED | {"key": str(uuid4()), "step": "check"}
    page = await post(client, NEW, form, ("<img src=x onerror=alert(1)>.svg", b"<svg/>"), ("\u202egpj.exe", b"MZ"))
    assert page.status_code == 422
    assert "<img src=x" not in page.text
    assert "\u202e" not in page.text
    assert "The lamp is out." in page.text


async def test_a_form_of_another_session_is_given_back_with_its_words_and_names_its_files(client: Client) -> None:
    await post(client, NEW, FILED | {"key": str(uuid4()), "step": "send"})
    form: dict[str, Any] = FILED | {"key": str(uuid4()), "step": "check", "form_token": "of another session"}
    given_back = await client.post(NEW, data=form, files={"files": ("lamp.png", a_photo("PNG"))}, headers=OWN)
    assert given_back.status_code == 403
    assert "The lamp is out." in given_back.text
    assert "<li>lamp.png</li>" in given_back.text


async def test_without_the_scanner_the_form_is_given_back_whole(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours
) -> None:
    name, form = f"test_{uuid4().hex[:12]}", FILED | {"key": str(uuid4())}
    prefix = neighbours.settings.topic_prefix
    async with clamd() as daemon:
        app = create_app(intake_settings(infrastructure, name, prefix, scanner=daemon.address, ordinal=1))
        async with serving(app, ready=False) as client:
            assert names(await post(client, NEW, form | {"step": "attach"}, ("a.png", a_photo("PNG")))) == ["a.png"]
    app = create_app(intake_settings(infrastructure, name, prefix, scanner=daemon.address, ordinal=1))
    async with serving(app, ready=False) as client:
        away = await post(client, NEW, form | {"step": "send"}, ("b.png", a_photo("PNG", size=(9, 9))))
        assert (away.status_code, names(away)) == (503, ["a.png"])
        assert "try again" in away.text
        assert "The lamp is out." in away.text
        sent = await post(client, NEW, form | {"step": "send"})
        assert await attachments(app, sent) == ["a.png"]
    await mongo_client.drop_database(name)


async def test_a_question_is_answered_with_words_and_a_photo(
    client: Client, intake: FastAPI, neighbours: Neighbours
) -> None:
    filed = await post(client, NEW, FILED | {"key": str(uuid4()), "step": "send"})
    reference = filed.headers["location"].split("/")[2]
    id = await intake.state.submissions.id_of(reference)
    assigned = SubmissionAssigned(submission_id=id, to_state="assigned", entity="ewa", decided_by="rule", reason="r")
    asked = InformationRequested(
        submission_id=id, to_state="asked", entity="ewa", question_id="q1", text="Which lamp?", official="o"
    )
    await neighbours.publish(id, assigned, asked)

    async def _is_asked() -> bool:
        return "Which lamp?" in (await client.get(f"/track/{reference}", headers=OWN)).text

    await eventually(_is_asked)
    answer = {"key": str(uuid4()), "answers": "q1"}
    at = f"/track/{reference}/information"
    silent = await post(client, at, answer | {"text": ""}, ("lamp.png", a_photo("PNG")))
    assert (silent.status_code, names(silent)) == (422, ["lamp.png"])
    told = await post(client, at, answer | {"text": "This one."})
    twice = await post(client, at, answer | {"text": "This one."})
    assert (told.status_code, twice.status_code) == (303, 303)
    alone = await post(client, at, {"key": str(uuid4()), "text": ""}, ("two.pdf", a_document()))
    assert alone.headers["location"].endswith("did=files")
    events = await neighbours.hear(SUBMISSIONS, id, "InformationAdded", "AttachmentsAdded", "AttachmentsAdded")
    assert [event.type for event in events].count("InformationAdded") == 1
    assert [event.sequence for event in events] == [1, 2, 3, 4]
