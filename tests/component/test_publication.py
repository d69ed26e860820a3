"""From an author's word to the public: agreed, moderated, published, taken back."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from shared.topics import SUBMISSIONS

from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import Provider
from tests.support.serving import serving

API = "/api/intake/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
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
    yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix, provider.issuer))
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(intake: FastAPI) -> AsyncIterator[Client]:
    async with serving(intake) as running:
        yield running


@pytest.fixture
def moderator(provider: Provider) -> dict[str, str]:
    return provider.authorization("mod", "central")


async def file(client: Client, **changed: Any) -> dict[str, Any]:
    response = await client.post(f"{API}/submissions", json=a_filing(publish=True) | changed)
    assert response.status_code == 201, response.text
    receipt: dict[str, Any] = response.json()
    return receipt


async def moderate(
    client: Client, who: dict[str, str], receipt: dict[str, Any], action: str, **sent: Any
) -> httpx2.Response:
    return await client.post(f"{API}/moderation/{receipt['reference']}/{action}", json=sent, headers=who)


async def test_what_its_author_agreed_to_is_published_edited_and_taken_back(
    client: Client, neighbours: Neighbours, intake: FastAPI, moderator: dict[str, str]
) -> None:
    receipt = await file(client, text="The lamp at Ali's house is out.")
    secret = {"Tawasul-Secret": receipt["secret"]}
    queue = (await client.get(f"{API}/moderation", headers=moderator)).json()
    assert receipt["reference"] in [item["reference"] for item in queue["items"]]

    published = await moderate(client, moderator, receipt, "publish", text="A lamp is out.")
    assert published.status_code == 200, published.text
    assert (published.json()["publication"], published.json()["public_text"]) == ("published", "A lamp is out.")
    edited = await moderate(client, moderator, receipt, "edit", text="The lamp is out.", reason="grammar")
    assert edited.json()["public_text"] == "The lamp is out."
    assert edited.json()["text"] == "The lamp at Ali's house is out."

    seen = (await client.get(f"{API}/submissions/{receipt['reference']}", headers=secret)).json()
    assert seen["publication"] == "published"
    assert "SubmissionPublished" in [entry["type"] for entry in seen["timeline"]]
    back = await client.post(
        f"{API}/submissions/{receipt['reference']}/publication", json={"publish": False}, headers=secret
    )
    assert back.status_code == 200
    events = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionPublished", "SubmissionHidden")
    assert [event.sequence for event in events] == [1, 2, 3]
    assert events[-1].data.reason == "author"
    refused = await moderate(client, moderator, receipt, "publish")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:not-possible-now")

    one = await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)
    assert [done["action"] for done in one.json()["history"]] == ["publish", "edit", "revoke"]
    trail = [entry async for entry in intake.state.service.database["audit_records"].find({"things": receipt["id"]})]
    assert {entry["action"] for entry in trail} == {"list", "read", "publish", "edit"}


async def test_without_its_authors_word_nothing_is_shown_to_a_moderator(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt = await file(client, publish=False)
    assert (await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)).status_code == 404
    assert (await moderate(client, moderator, receipt, "publish")).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("citizen", 403), ("officer", 403), ("auditor", 403), ("administrator", 200)]
)
async def test_only_the_central_office_and_administrators_moderate(
    client: Client, provider: Provider, role: str | None, status: int
) -> None:
    receipt = await file(client)
    who = provider.authorization("someone", role, entity="works") if role else {}
    assert (await client.get(f"{API}/moderation", headers=who)).status_code == status
    assert (await client.get("/moderation", headers=who)).status_code == status
    assert (await moderate(client, who, receipt, "publish")).status_code == status


async def test_two_moderators_at_once_do_not_overrule_each_other_unseen(
    client: Client, moderator: dict[str, str]
) -> None:
    receipt = await file(client)
    one = await client.get(f"{API}/moderation/{receipt['reference']}", headers=moderator)
    assert (await moderate(client, moderator, receipt, "hide", reason="names a person")).status_code == 200
    late = await moderate(client, moderator | {"If-Match": one.headers["etag"]}, receipt, "publish")
    assert late.status_code == 412
    form = {"decided": "0", "text": "The lamp is out.", "key": str(uuid4())}
    page = f"/moderation/{receipt['reference']}/publish"
    assert (await client.post(page, data=form, headers=moderator | PAGE)).status_code == 409
    assert (await client.post(page, data=form | {"decided": "1"}, headers=moderator | PAGE)).status_code == 303


async def test_the_queue_is_read_page_by_page_the_oldest_first(client: Client, moderator: dict[str, str]) -> None:
    filed = [(await file(client))["reference"] for _ in range(5)]
    read: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{API}/moderation", params=query, headers=moderator)).json()
        read += [item["reference"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [reference for reference in read if reference in filed] == filed
    assert len(read) == len(set(read))
