"""Submissions of a signed-in person: listed for nobody else, in pages, opened without a code."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from intake.submissions.life import Status
from intake.submissions.store import NEWEST_FIRST, of_author_query

from tests.support.browser import Browser, signed_in_cookie
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import NOON, a_filing, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import serving

URL = "/api/intake/v1/submissions"


@pytest_asyncio.fixture(loop_scope="session")
async def intake(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[FastAPI]:
    prefix = neighbours.settings.topic_prefix
    app = create_app(intake_settings(infrastructure, mongo_database.name, prefix, provider.issuer))
    async with serving(app, ready=False):
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def browser(intake: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(intake) as opened:
        yield opened


async def test_a_person_sees_the_own_ones_newest_first_in_pages_and_by_status(
    intake: FastAPI, browser: Browser, provider: Provider
) -> None:
    mariam, yusuf = (provider.authorization(name, "citizen") for name in ("mariam", "yusuf"))
    filed = [(await browser.post(URL, json=a_filing(text=f"Lamp {n}"), headers=mariam)).json() for n in range(5)]
    await browser.post(URL, json=a_filing(), headers=yusuf)
    await browser.post(URL, json=a_filing())
    withdrawn = filed[2]["reference"]
    assert (await browser.post(f"{URL}/{withdrawn}/withdraw", json={}, headers=mariam)).status_code == 200

    found: list[str] = []
    cursor = ""
    while True:
        page = (await browser.get(f"{URL}?limit=2{cursor}", headers=mariam)).json()
        found += [item["reference"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [receipt["reference"] for receipt in reversed(filed)]
    ended = (await browser.get(f"{URL}?status=withdrawn&status=closed", headers=mariam)).json()
    assert [(item["reference"], item["status"]) for item in ended["items"]] == [(withdrawn, "withdrawn")]
    assert (await browser.get(URL)).status_code == 401
    for wrong in ("cursor=nonsense", "limit=0", "limit=101", "status=lost"):
        assert (await browser.get(f"{URL}?{wrong}", headers=mariam)).status_code == 422


async def test_the_page_lists_them_with_their_state_and_opens_them_without_the_code(
    intake: FastAPI, browser: Browser, provider: Provider
) -> None:
    asked = await browser.get("/submissions/mine?lang=en")
    assert (asked.status_code, "/auth/sign-in?return_to=%2Fsubmissions%2Fmine" in asked.text) == (401, True)
    browser.cookie = await signed_in_cookie(intake, "mariam", "citizen")
    assert "You have not sent anything yet." in (await browser.get("/submissions/mine")).text
    mine, others = (provider.authorization(name, "citizen") for name in ("mariam", "yusuf"))
    text = "<b>The lamp</b> at the corner"
    own = (await browser.post(URL, json=a_filing(text=text), headers=mine)).json()["reference"]
    other = (await browser.post(URL, json=a_filing(), headers=others)).json()["reference"]
    page = await browser.get("/submissions/mine")
    assert (own in page.text, other in page.text) == (True, False)
    assert "&lt;b&gt;The lamp" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    assert own in (await browser.get("/submissions/mine?show=open")).text
    assert "There is none of this kind." in (await browser.get("/submissions/mine?show=ended")).text
    assert "What has happened" in (await browser.get(f"/track/{own}")).text
    assert "Private code" in (await browser.get(f"/track/{other}")).text
    # How its deadline came about is told by the SLA monitor, which knows no author: the session says that it may.
    leads = await browser.get(f"/track/{own}/clock")
    place, _, id = leads.headers["location"].rpartition("/")
    assert (leads.status_code, place) == (303, "/performance/clocks")
    assert intake.state.session_keys.read(browser.cookie).scope == (id,)
    assert (await browser.get(f"/track/{other}/clock")).status_code == 404


async def test_who_signed_in_may_still_file_without_the_account(intake: FastAPI, browser: Browser) -> None:
    browser.cookie = await signed_in_cookie(intake, "mariam", "citizen", name="Mariam")
    assert "As \u2068Mariam\u2069" in (await browser.get("/submissions/new?lang=en")).text
    authors: dict[str, Any] = {}
    for who in ("account", "anonymous"):
        form = {"kind": "complaint", "text": who, "who": who, "step": "send", "form_token": browser.form_token}
        sent = await browser.post("/submissions/new", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert sent.status_code == 303
        reference = sent.headers["location"].split("/")[2]
        stored = await intake.state.submissions.find(await intake.state.submissions.id_of(reference))
        authors[who] = stored.state.author
    assert authors == {"account": "mariam", "anonymous": None}
    assert "sent anything" not in (await browser.get("/submissions/mine")).text


@pytest.mark.parametrize("statuses", [None, [Status.RECEIVED, Status.ANSWERED]])
async def test_a_page_of_ones_own_is_read_from_its_index_in_its_order(
    intake: FastAPI, statuses: list[Status] | None
) -> None:
    query = of_author_query("mariam", statuses, (NOON, "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"))
    found = intake.state.submissions.collection.find(query).sort(NEWEST_FIRST).limit(20)
    plan = str((await found.explain())["queryPlanner"]["winningPlan"])
    assert "of_an_author" in plan
    assert "'SORT'" not in plan
