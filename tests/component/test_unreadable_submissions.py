"""A submission that cannot be read hides no other: on no list of citizens, moderators or the public."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from fastapi import FastAPI
from shared.operations.metrics import LEFT_BEHIND

from tests.support import one_intake
from tests.support.browser import Browser, signed_in_cookie
from tests.support.intake import a_filing
from tests.support.provider import Provider

API = "/api/intake/v1"
PAGE = {"Accept-Language": "en"}
ONE_IS_NOT_SHOWN = "1 submission that belongs on this page cannot be shown"
NONE_IS_SHOWN = "3 submissions that belong on this page cannot be shown"

neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


@pytest_asyncio.fixture(loop_scope="session")
async def browser(client: Any, intake: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(intake) as opened:
        yield opened


async def three(browser: Browser, who: dict[str, str], **said: Any) -> list[dict[str, Any]]:
    filed = [await browser.post(f"{API}/submissions", json=a_filing(**said), headers=who) for _ in range(3)]
    assert [each.status_code for each in filed] == [201] * 3
    return [each.json() for each in filed]


async def spoil(intake: FastAPI, *receipts: dict[str, Any]) -> None:
    spoilt = {"_id": {"$in": [each["id"] for each in receipts]}}
    await intake.state.submissions.collection.update_many(spoilt, {"$set": {"state.priority": "not one"}})


async def in_pages_of_two(browser: Browser, path: str, who: dict[str, str]) -> tuple[list[str], int]:
    """The reference numbers over all pages, and how many are said to be missing."""
    read: list[str] = []
    missing, cursor = 0, ""
    while True:
        answer = await browser.get(f"{path}limit=2{cursor}", headers=who)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        read += [each["reference"] for each in page["items"]]
        missing += page["unreadable"]
        if page["next_cursor"] is None:
            return read, missing
        cursor = f"&cursor={page['next_cursor']}"


async def test_of_ones_own_list(intake: FastAPI, browser: Browser, provider: Provider) -> None:
    zahra = provider.authorization("zahra", "citizen")
    first, second, third = await three(browser, zahra)
    before = LEFT_BEHIND.labels("list")._value.get()
    await spoil(intake, second)
    shown = [third["reference"], first["reference"]]
    assert await in_pages_of_two(browser, f"{API}/submissions?", zahra) == (shown, 1)
    assert LEFT_BEHIND.labels("list")._value.get() == before + 1
    browser.cookie = await signed_in_cookie(intake, "zahra", "citizen")
    page = (await browser.get("/submissions/mine?lang=en")).text
    assert (shown[0] in page, shown[1] in page, ONE_IS_NOT_SHOWN in page) == (True, True, True)
    assert "تعذّر عرض طلب واحد" in (await browser.get("/submissions/mine?lang=ar")).text
    await spoil(intake, first, third)
    page = (await browser.get("/submissions/mine?lang=en")).text
    assert (NONE_IS_SHOWN in page, "sent anything" in page) == (True, False)


async def test_of_what_is_published(intake: FastAPI, browser: Browser, provider: Provider) -> None:
    moderator, place = provider.authorization("mod", "central"), {"lat": 26.2, "lon": 50.5}
    receipts = await three(browser, {}, publish=True, text="The harbour light is dark.", location=place)
    for each in receipts:
        path = f"{API}/moderation/{each['reference']}/publish"
        assert (await browser.post(path, json={}, headers=moderator)).status_code == 200
    first, second, third = receipts
    await spoil(intake, second)
    shown = [third["reference"], first["reference"]]
    assert await in_pages_of_two(browser, f"{API}/published?", {}) == (shown, 1)
    for path in ("/submissions?lang=en", "/submissions/feed.rss", "/submissions/feed.geojson", f"{API}/published"):
        found = await browser.get(path)
        assert [each["reference"] in found.text for each in receipts] == [True, False, True], path
    assert ONE_IS_NOT_SHOWN in (await browser.get("/submissions?lang=en")).text
    alike = await browser.post(f"{API}/published/similar", json={"text": "The light is dark.", "location": place})
    assert {each["reference"] for each in alike.json()["items"]} == set(shown)
    await spoil(intake, first, third)
    page = (await browser.get("/submissions?lang=en")).text
    assert (NONE_IS_SHOWN in page, "Nothing is published yet." in page) == (True, False)


async def test_of_what_moderators_decide_about(intake: FastAPI, browser: Browser, provider: Provider) -> None:
    moderator = provider.authorization("mod", "central")
    first, second, third = await three(browser, {}, publish=True)
    watched = {"sign": "phrase", "value": "quick profit", "reason": "floods us"}
    assert (await browser.post(f"{API}/moderation/abuse-list", json=watched, headers=moderator)).status_code == 200
    held = await three(browser, {}, text="A quick profit for everybody")
    await spoil(intake, second, held[1])
    shown = [first["reference"], third["reference"]]
    assert await in_pages_of_two(browser, f"{API}/moderation?", moderator) == (shown, 1)
    shown = [held[0]["reference"], held[2]["reference"]]
    assert await in_pages_of_two(browser, f"{API}/moderation/held?", moderator) == (shown, 1)
    for path in ("/moderation", "/moderation/held"):
        assert ONE_IS_NOT_SHOWN in (await browser.get(path, headers=moderator | PAGE)).text
    await spoil(intake, first, third, held[0], held[2])
    for path, empty in (("/moderation", "There is nothing here."), ("/moderation/held", "Nothing is held.")):
        page = (await browser.get(path, headers=moderator | PAGE)).text
        assert (NONE_IS_SHOWN in page, empty in page) == (True, False), path
