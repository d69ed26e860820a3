"""Scripts, markup and turned directions in what people write are shown as they were written, and do nothing."""

from collections.abc import AsyncIterator
from xml.etree import ElementTree

import httpx2
import pytest
import pytest_asyncio
from intake.app import create_app as create_intake
from router.app import create_app as create_router

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import a_filing, answered, assigned, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.reading import OVERRIDE, Page
from tests.support.router import a_country, an_id, received, router_settings
from tests.support.serving import serving

API = "/api/intake/v1"
SAID = "<script>alert(1)</script>"
HOSTILE = f"{SAID}\"'--></p></textarea></title><img src=x onerror=alert(2)>{OVERRIDE}evil {{{{7*7}}}} \ufffe"
"""Markup, a turned direction, a template's expression, and a character that XML does not have."""

Client = httpx2.AsyncClient
Headers = dict[str, str]


@pytest_asyncio.fixture(loop_scope="session")
async def intake(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[Client]:
    prefix = neighbours.settings.topic_prefix
    async with serving(
        create_intake(intake_settings(infrastructure, mongo_database.name, prefix, provider.issuer))
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def router(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[Client]:
    prefix = neighbours.settings.topic_prefix
    async with serving(
        create_router(router_settings(infrastructure, mongo_database.name, prefix, provider.issuer))
    ) as running:
        yield running


@pytest.fixture
def citizen(provider: Provider) -> Headers:
    return provider.authorization("citizen.maryam", "citizen")


@pytest.fixture
def central(provider: Provider) -> Headers:
    return provider.authorization("central.triage", "central", entity="central-office")


async def file(client: Client, who: Headers, **changed: object) -> tuple[str, str]:
    """Id and reference number of a submission in which everything that a person may write is hostile."""
    sent = a_filing(
        text=HOSTILE,
        publish=True,
        location={"block": "428", "address": HOSTILE},
        contact={"name": HOSTILE, "email": "maryam@citizens.example"},
        **changed,
    )
    receipt = await client.post(f"{API}/submissions", json=sent, headers=who)
    assert receipt.status_code == 201, receipt.text
    return receipt.json()["id"], receipt.json()["reference"]


async def does(client: Client, path: str, who: Headers, **sent: object) -> None:
    done = await client.post(f"{API}{path}", json=sent, headers=who)
    assert done.is_success, done.text


async def shows_harmlessly(client: Client, path: str, who: Headers) -> None:
    """In both languages: the words are there to be read, and nothing of them is done."""
    for lang in ("ar", "en"):
        person = {"Accept": "text/html", "Accept-Language": lang, "Sec-Fetch-Site": "same-origin"}
        answer = await client.get(path, headers=who | person)
        assert answer.status_code == 200, answer.text
        page = Page(answer.text)
        assert page.harm == [], path
        assert SAID in page.text, path


async def test_citizens_and_moderators_read_hostile_text_harmlessly(
    intake: Client, neighbours: Neighbours, citizen: Headers, central: Headers
) -> None:
    id, reference = await file(intake, citizen)
    await does(intake, f"/submissions/{reference}/information", citizen, text=HOSTILE)
    await shows_harmlessly(intake, "/moderation", central)
    await shows_harmlessly(intake, f"/moderation/{reference}", central)
    await does(intake, f"/moderation/{reference}/publish", central, reason=HOSTILE)
    await neighbours.publish(id, assigned(id), answered(id, text=HOSTILE))

    async def _is_answered() -> bool:
        shown = await intake.get(f"{API}/submissions/{reference}", headers=citizen)
        return bool(shown.json()["status"] == "answered")

    await eventually(_is_answered)
    for path in ("/submissions/mine", f"/track/{reference}"):
        await shows_harmlessly(intake, path, citizen)
    for path in ("/submissions", f"/submissions/{reference}"):
        await shows_harmlessly(intake, path, {})
    await shows_harmlessly(intake, f"/moderation/{reference}", central)


async def test_a_watched_phrase_and_what_is_held_for_it_are_read_harmlessly(
    intake: Client, citizen: Headers, central: Headers
) -> None:
    await does(intake, "/moderation/abuse-list", central, sign="phrase", value=SAID + OVERRIDE, reason=HOSTILE)
    await file(intake, citizen)
    await shows_harmlessly(intake, "/moderation/abuse-list", central)
    await shows_harmlessly(intake, "/moderation/held", central)


async def test_the_receipt_of_the_counter_shows_hostile_text_harmlessly(intake: Client, central: Headers) -> None:
    _, reference = await file(intake, central, channel="counter")
    await shows_harmlessly(intake, f"/counter/{reference}", central)


async def test_feeds_and_exports_of_hostile_text_are_well_formed(
    intake: Client, citizen: Headers, central: Headers
) -> None:
    _, reference = await file(intake, citizen)
    await does(intake, f"/moderation/{reference}/publish", central)
    feed = ElementTree.fromstring((await intake.get("/submissions/feed.rss")).content)
    (described,) = [item.findtext("description") or "" for item in feed.iter("item")]
    assert described == HOSTILE.replace("\ufffe", "")
    for standard in ("json", "xml"):
        answer = await intake.get(f"/open311/v2/requests/{reference}.{standard}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith({"json": "application/json", "xml": "text/xml"}[standard])
        assert "<script" not in answer.text if standard == "xml" else SAID in answer.json()[0]["description"]


async def test_officials_read_hostile_text_harmlessly(
    router: Client, neighbours: Neighbours, provider: Provider, central: Headers
) -> None:
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    officer = provider.authorization("officer.works", "officer", entity="works")
    assert (await router.put("/api/router/v1/directory", json=a_country(), headers=administrator)).is_success
    placed, unplaced, place = an_id(), an_id(), {"block": "150", "address": HOSTILE}
    await neighbours.publish(placed, received(placed, text=f"{HOSTILE} pothole", location=place))
    unknown = received(unplaced, text=HOSTILE, location=place, reference="7K3MY-QPA43")
    await neighbours.publish(unplaced, unknown)

    async def _are_there() -> bool:
        there = [await router.get(f"/api/router/v1/assignments/{id}", headers=central) for id in (placed, unplaced)]
        return all(each.is_success for each in there)

    await eventually(_are_there)
    noted = await router.post(f"/api/router/v1/assignments/{placed}/note", json={"text": HOSTILE}, headers=officer)
    assert noted.is_success, noted.text
    for path in ("/desk", "/desk/7K3MX-QPA42"):
        await shows_harmlessly(router, path, officer)
    await shows_harmlessly(router, "/desk/triage", central)
