"""An official files for a citizen at the counter or on the phone: who may, who is recorded, what is handed over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from intake.filing.counter_pages import RECEIPT_FOR
from shared.events.directory import AnswerType, CategoryChanged, CategoryQuestion, Elsewhere
from shared.events.model import Name, Role
from shared.events.topics import CONTACTS, SUBMISSIONS
from shared.reference.working_time import utc_now

from tests.support.browser import Browser, signed_in_cookie
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import serving

CLERKS = (Role.OFFICER, Role.SUPERVISOR, Role.HEAD, Role.CENTRAL)
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest_asyncio.fixture(loop_scope="session")
async def intake(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[FastAPI]:
    prefix = neighbours.settings.topic_prefix
    app = create_app(intake_settings(infrastructure, mongo_database.name, prefix, provider.issuer))
    async with serving(app):
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def browser(intake: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(intake) as opened:
        yield opened


async def files(browser: Browser, **changed: Any) -> httpx2.Response:
    form = {
        "channel": "counter",
        "language": "ar",
        "kind": "complaint",
        "text": "المصعد لا يعمل.",
        "form_token": browser.form_token,
    }
    return await browser.post("/counter", data=form | changed, headers=OURS)


@pytest.mark.parametrize("role", Role)
async def test_officials_of_an_entity_may_and_nobody_else(intake: FastAPI, browser: Browser, role: Role) -> None:
    page = {"Accept": "text/html"}
    asked = await browser.get("/counter", headers=page)
    assert (asked.status_code, "/auth/sign-in?return_to=/counter" in asked.text) == (401, True)
    browser.cookie = await signed_in_cookie(intake, "someone", role, entity="works")
    allowed = role in CLERKS
    assert (await browser.get("/counter", headers=page)).status_code == (200 if allowed else 403)
    assert (await files(browser)).status_code == (303 if allowed else 403)
    assert ('href="/counter"' in (await browser.get("/")).text) is allowed


async def test_the_citizen_gets_the_way_in_and_the_official_keeps_none(
    intake: FastAPI, browser: Browser, neighbours: Neighbours, mongo_database: Database
) -> None:
    browser.cookie = await signed_in_cookie(intake, "officer.works", "officer", entity="works")
    sent = await files(browser, channel="phone", name="مريم", phone="+973 17000000", block="428")
    at = sent.headers["location"]
    number = at.rpartition("/")[2]
    id = await intake.state.submissions.id_of(number)
    secret = intake.state.tracking.secret(id)

    receipt = await browser.get(at)
    assert (receipt.status_code, receipt.headers["content-language"]) == (200, "ar")
    assert receipt.headers["cache-control"] == "private, no-store"
    assert all(part in receipt.text for part in (number, secret, "المصعد لا يعمل.", "<svg"))
    assert (await browser.get(f"{at}?lang=en")).headers["content-language"] == "en"

    (received,) = await neighbours.hear(SUBMISSIONS, id, "SubmissionReceived")
    assert (received.data.channel, received.data.filed_by, received.data.author) == ("phone", "officer.works", None)
    (registered,) = await neighbours.hear(CONTACTS, f"{id}/author", "ContactRegistered")
    assert registered.data.language == "ar"

    assert "المصعد" not in (await browser.get(f"/track/{number}", headers={"Accept": "text/html"})).text
    assert number not in (await browser.get("/submissions/mine")).text
    records = mongo_database["audit_records"].find({"things": id}).sort("sequence", 1)
    seen = [(record["who"]["subject"], record["action"], record["why"]) async for record in records]
    assert seen[:2] == [("officer.works", act, "for a citizen") for act in ("file", "receipt")]

    citizen = await browser.get(f"/track/{number}/{secret}")
    assert citizen.status_code == 303


async def test_a_receipt_is_for_who_filed_it_and_not_for_ever(intake: FastAPI, browser: Browser) -> None:
    browser.cookie = await signed_in_cookie(intake, "officer.works", "officer", entity="works")
    at = (await files(browser)).headers["location"]
    browser.cookie = await signed_in_cookie(intake, "officer.other", "officer", entity="works")
    assert (await browser.get(at)).status_code == 404
    browser.cookie = await signed_in_cookie(intake, "officer.works", "officer", entity="works")
    assert (await browser.get(at)).status_code == 200
    long_ago = utc_now() - RECEIPT_FOR - timedelta(seconds=1)
    id = await intake.state.submissions.id_of(at.rpartition("/")[2])
    await intake.state.submissions.collection.update_one({"_id": id}, {"$set": {"state.received_at": long_ago}})
    assert (await browser.get(at)).status_code == 404


async def test_what_is_wrong_stands_in_the_form_with_all_that_was_typed(intake: FastAPI, browser: Browser) -> None:
    browser.cookie = await signed_in_cookie(intake, "officer.works", "officer", entity="works")
    before = await intake.state.submissions.collection.count_documents({})
    for wrong, at in (
        ({"text": " "}, "text"),
        ({"channel": "import"}, "channel"),
        ({"channel": "sideways"}, "channel"),
        ({"language": "fr"}, "language"),
        ({"name": "Maryam"}, "email"),
        ({"phone": "call me"}, "phone"),
    ):
        refused = await files(browser, address="beside the lift", **wrong)
        assert refused.status_code == 422
        assert f'href="#{at}"' in refused.text
        assert "beside the lift" in refused.text
    assert await intake.state.submissions.collection.count_documents({}) == before


async def test_the_official_asks_what_the_category_asks_and_changes_language_without_losing_anything(
    intake: FastAPI, browser: Browser, neighbours: Neighbours
) -> None:
    pole = CategoryQuestion(
        code="pole", answer=AnswerType.STRING, name=Name(ar="رقم العمود", en="Number of the pole"), required=True
    )
    fire = Elsewhere(name=Name(ar="اتصل بالدفاع المدني", en="Call the civil defence"), phone="999")
    for category in (
        CategoryChanged(category="lighting", name=Name(ar="إنارة", en="Lighting"), questions=(pole,)),
        CategoryChanged(category="fire", name=Name(ar="حريق", en="Fire"), elsewhere=fire),
    ):
        await neighbours.publish(f"category:{category.category}", category)
    await eventually(lambda: "fire" in intake.state.directory.categories)
    browser.cookie = await signed_in_cookie(intake, "officer.works", "officer", entity="works")

    english = await files(browser, lang="en", address="beside the lift")
    assert (english.headers["content-language"], "beside the lift" in english.text) == ("en", True)
    assert "999" in (await files(browser, category="fire")).text
    asked = await files(browser, category="lighting")
    assert (asked.status_code, "Number of the pole" in asked.text) == (200, True)
    assert 'action="/counter"' in asked.text
    assert (await files(browser, category="lighting", asked="lighting")).status_code == 422
    sent = await files(browser, category="lighting", asked="lighting", **{"q-pole": "A-117"})
    id = await intake.state.submissions.id_of(sent.headers["location"].rpartition("/")[2])
    (received,) = await neighbours.hear(SUBMISSIONS, id, "SubmissionReceived")
    assert received.data.answers == {"pole": "A-117"}
