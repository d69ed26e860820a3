"""The app in a browser: what is typed outlives a reload, what is sent in a dead zone arrives once, and more."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.catalogue import ASKING, NOTICE, has_a_catalogue
from tests.e2e.citizen import Citizen
from tests.support.eventually import eventually
from tests.support.files import a_photo
from tests.support.intake import a_filing

TEXTS = {
    "en": "The street light at the corner of Road 2825 has been out for two weeks.",
    "ar": "عمود الإنارة عند زاوية طريق 2825 مطفأ منذ أسبوعين.",
}
NAMES = {"en": "Maryam Al-Khalifa", "ar": "مريم آل خليفة"}
OFFLINE = {"en": "You are offline", "ar": "أنت غير متصل بالإنترنت"}
CONTROLLED = "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"


@pytest_asyncio.fixture(loop_scope="session")
async def user(citizen: Citizen) -> AsyncIterator[Citizen]:
    """A citizen whose browser has the app."""
    await citizen.goes_to("/")
    await eventually(lambda: citizen.page.evaluate(CONTROLLED))
    yield citizen
    await citizen.page.context.set_offline(False)
    # What does not come without a line is said in the console, and nothing else may be.
    assert [fault for fault in citizen.faults if "net::ERR_INTERNET_DISCONNECTED" not in fault] == []


async def writes(page: Page, text: str) -> None:
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", text)
    await page.fill("#block", "428")
    await page.check("input[name=who][value=anonymous]")


async def stored(user: Citizen, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await user.site.intake.state.submissions.collection.find(
        {"state.text": text}
    ).to_list()
    return found


async def test_what_is_written_in_a_dead_zone_is_sent_once_when_the_line_is_back(user: Citizen) -> None:
    page, text = user.page, f"{TEXTS[user.language]} ({user.language}, offline)"
    await user.goes_to("/submissions/new")
    await writes(page, text)
    await page.set_input_files("#files", {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": a_photo()})
    await expect(page.locator("[data-draft-kept]")).to_be_visible()
    await user.sees("40-draft-kept")

    await page.context.set_offline(True)
    await page.reload()
    await expect(page.locator("#text")).to_have_value(text)
    await expect(page.locator("[data-chosen] li")).to_have_count(1)
    await page.click("form .actions .button")
    await expect(page.locator("[data-queue]")).to_contain_text(OFFLINE[user.language])
    await user.sees("41-offline-form")
    await page.click("[data-queue] button")
    await expect(page.locator("[data-queued]")).to_be_visible()
    await page.click("[data-queued] a")
    await expect(page.locator("[data-part=queue] .case")).to_have_count(1)
    await user.sees("42-waiting")
    assert await stored(user, text) == []

    await page.context.set_offline(False)
    await expect(page.locator("[data-reference]")).to_be_visible()
    await user.sees("43-receipt")
    reference = str(await page.text_content("[data-reference]"))
    await user.site.heard(reference, "SubmissionReceived", "AttachmentsAdded")
    await page.reload()
    await expect(page.locator("[data-reference]")).to_have_text(reference)
    assert len(await stored(user, text)) == 1
    await page.click("[data-link]")
    await page.wait_for_url(re.compile(f"/track/{reference}$"))
    await expect(page.locator("a.file-name")).to_have_text(["lamp.jpg"])
    await user.goes_to("/submissions/new")
    await expect(page.locator("#text")).to_have_value("")


async def test_what_a_category_asks_is_asked_in_a_dead_zone_too_and_an_emergency_is_not_kept(citizen: Citizen) -> None:
    await has_a_catalogue(citizen)
    page, text = citizen.page, f"{TEXTS[citizen.language]} ({citizen.language}, questions)"
    await citizen.goes_to("/")
    await eventually(lambda: page.evaluate(CONTROLLED))
    await citizen.goes_to("/submissions/new")
    await page.context.set_offline(True)
    await page.reload()
    await writes(page, text)
    await page.select_option("#category", NOTICE)
    await expect(page.locator("[data-questions] a[href='tel:999']")).to_be_visible()
    await page.click("form .actions .button")
    await expect(page.locator("[data-queue] [data-fault]")).to_be_visible()
    await expect(page.locator("[data-queue] button")).to_be_hidden()
    await citizen.sees("46-offline-emergency")

    await page.select_option("#category", ASKING)
    await page.click("form .actions .button")
    await expect(page.locator("[data-queue] button")).to_be_hidden()
    await page.select_option("#q-animal", "dogs")
    await page.check("[id='q-state.injured']")
    await page.fill("#q-count", "3")

    async def _is_kept() -> bool:
        return bool(await page.evaluate("Device.get('drafts', '').then((draft) => draft?.fields['q-count'] === '3')"))

    await eventually(_is_kept)
    await page.reload()
    await expect(page.locator("#q-count")).to_have_value("3")
    await expect(page.locator("[id='q-state.injured']")).to_be_checked()
    await citizen.sees("47-offline-questions")
    await page.click("form .actions .button")
    await page.click("[data-queue] button")
    await page.click("[data-queued] a")

    await page.context.set_offline(False)
    await expect(page.locator("[data-reference]")).to_be_visible()
    (filed,) = await stored(citizen, text)
    assert filed["state"]["answers"] == {"animal": "dogs", "count": "3", "state": ["injured"]}
    # A map comes near the screen here, and does not come without a line.
    assert [fault for fault in citizen.faults if "net::ERR_" not in fault] == []


HOLE = {"en": "There is a deep pothole in our road.", "ar": "توجد حفرة عميقة في شارعنا."}


async def drafts(page: Page) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = await page.evaluate(
        "Device.all('drafts').then((all) => all.map(({ fields, isSent }) => ({ fields, isSent })))"
    )
    return kept


async def test_a_draft_is_gone_once_it_is_sent_from_a_check_that_suggests_categories(user: Citizen) -> None:
    page = user.page
    await user.goes_to("/submissions/new")
    await writes(page, HOLE[user.language])
    await page.click("form .actions .button")
    await page.check("input[name=category][value=pothole]")
    await page.click("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))

    async def _is_gone() -> bool:
        return await drafts(page) == []

    await eventually(_is_gone)
    await user.goes_to("/submissions/new")
    await expect(page.locator("#text")).to_have_value("")


async def test_a_check_that_suggests_categories_is_sent_in_a_dead_zone(user: Citizen) -> None:
    page, text = user.page, f"{HOLE[user.language]} ({user.language}, check)"
    await user.goes_to("/submissions/new")
    await writes(page, text)
    await page.click("form .actions .button")
    await page.check("input[name=category][value=pothole]")
    await page.context.set_offline(True)
    await page.click("main button[value=send]")
    await user.sees("48-offline-check")
    await page.click("[data-queue] button")
    await page.click("[data-queued] a")
    await page.context.set_offline(False)
    await expect(page.locator("[data-reference]")).to_be_visible()
    (filed,) = await stored(user, text)
    assert filed["state"]["category"] == "pothole"


async def test_a_link_to_a_category_counts_more_than_a_draft_of_another(citizen: Citizen) -> None:
    await has_a_catalogue(citizen)
    page, text = citizen.page, TEXTS[citizen.language]
    await citizen.goes_to("/submissions/new?kind=praise")
    await writes(page, text)
    await page.select_option("#category", "lighting")
    await eventually(lambda: drafts(page))
    await citizen.goes_to(f"/submissions/new?category={NOTICE}")
    await expect(page.locator("#text")).to_have_value(text)
    await expect(page.locator("#category")).to_have_value(NOTICE)
    await expect(page.locator("input[value=complaint]")).to_be_checked()
    await citizen.sees("49-draft-restored")
    await page.click("form .actions .button[value=check]")
    await expect(page.locator("a[href='tel:999']")).to_be_visible()
    await citizen.presses("main button[value=change]")
    await page.select_option("#category", "lighting")
    await page.click("form .actions .button[value=check]")
    await page.wait_for_selector("main button[value=send]")

    await citizen.goes_to("/submissions/new?category=of-nobody")
    await expect(page.locator("#category")).to_have_value("lighting")
    await page.click("[data-draft-restored] button")
    await expect(page.locator("#text")).to_have_value("")
    assert await drafts(page) == []
    assert citizen.faults == []


async def test_a_category_that_was_changed_outlives_a_reload(citizen: Citizen) -> None:
    page = citizen.page
    await citizen.goes_to("/submissions/new?category=pothole")
    await writes(page, TEXTS[citizen.language])
    await page.select_option("#category", "lighting")
    await eventually(lambda: drafts(page))
    await page.reload()
    await expect(page.locator("#text")).to_have_value(TEXTS[citizen.language])
    await expect(page.locator("#category")).to_have_value("lighting")
    assert citizen.faults == []


async def test_what_is_written_under_an_account_is_sent_for_its_owner_alone(user: Citizen) -> None:
    page, text, name = user.page, f"{TEXTS[user.language]} ({user.language}, account)", NAMES[user.language]
    await user.signs_in(f"maryam-{user.language}", "citizen", name=name)
    await user.goes_to("/submissions/new")
    await writes(page, text)
    await page.check("input[name=who][value=account]")
    await page.context.set_offline(True)
    await page.click("form .actions .button")
    await page.click("[data-queue] button")
    await expect(page.locator("[data-queued]")).to_be_visible()

    await page.context.clear_cookies(name="tawasul")
    await user.signs_in(f"ali-{user.language}", "citizen", name="Ali")
    await page.context.set_offline(False)
    await user.goes_to("/offline")
    await expect(page.locator("[data-nothing]")).to_be_visible()
    assert await stored(user, text) == []

    await user.signs_in(f"maryam-{user.language}", "citizen", name=name)
    await user.goes_to("/offline")
    await expect(page.locator("[data-reference]")).to_be_visible()
    (submission,) = await stored(user, text)
    assert submission["state"]["author"] == f"maryam-{user.language}"


async def test_a_lost_answer_makes_no_second_submission(user: Citizen) -> None:
    """The form was stored and its receipt never came: the queue finds the receipt by the same key."""
    page, text = user.page, f"{TEXTS[user.language]} ({user.language}, lost)"
    await user.goes_to("/submissions/new")
    await writes(page, text)
    await page.click("form .actions .button")
    await page.wait_for_selector("main button[value=send]")
    sent = await page.evaluate(
        "fetch('/submissions/new', { method: 'POST', body: new URLSearchParams({"
        "...Object.fromEntries(new FormData(document.querySelector('#submission'))), step: 'send' }) })"
        ".then((answer) => answer.url)"
    )
    await page.context.set_offline(True)
    await page.click("main button[value=send]")
    await page.click("[data-queue] button")
    await page.context.set_offline(False)
    await user.goes_to("/offline")
    await expect(page.locator("[data-reference]")).to_be_visible()
    assert str(await page.text_content("[data-reference]")) in sent
    user.expects(409)
    assert len(await stored(user, text)) == 1


async def test_a_timeline_is_readable_offline_until_its_reader_signs_out(user: Citizen) -> None:
    page, site = user.page, user.site
    filed = await page.request.post(f"{site.url}/api/intake/v1/submissions", data=a_filing(language=user.language))
    receipt = await filed.json()
    await user.goes_to(f"/track/{receipt['reference']}/{receipt['secret']}")
    await site.is_assigned(receipt["reference"])
    await page.reload()
    await eventually(lambda: _keeps(page, receipt["reference"]))

    await page.context.set_offline(True)
    await page.reload()
    await expect(page.locator("[data-app-line=kept]")).to_be_visible()
    await expect(page.locator(".entry")).not_to_have_count(0)
    await expect(page.locator("[data-live=do]")).to_be_hidden()
    await user.sees("44-timeline-offline")
    await user.goes_to("/track")
    await expect(page.locator("[data-away]")).to_contain_text("You are offline")
    await expect(page.locator("[data-away]")).to_contain_text("أنت غير متصل بالإنترنت")
    await user.sees("45-offline-page")
    await page.click(f"a[href='/track/{receipt['reference']}']")
    await expect(page.locator(".entry")).not_to_have_count(0)

    await page.context.set_offline(False)
    await user.goes_to("/auth/sign-out")
    await page.click("form button")
    await page.wait_for_url(re.compile("/$"))
    await eventually(lambda: _forgot(page, receipt["reference"]))


async def _keeps(page: Page, reference: str) -> bool:
    address = f"/track/{reference}"
    return bool(await page.evaluate("(path) => caches.match(path).then((kept) => kept !== undefined)", address))


async def _forgot(page: Page, reference: str) -> bool:
    return not await _keeps(page, reference)


async def test_it_can_be_installed_in_the_readers_language(user: Citizen) -> None:
    chromium = await user.page.context.new_cdp_session(user.page)
    described = await chromium.send("Page.getAppManifest")
    assert described["errors"] == []
    assert f'"lang":"{user.language}"' in described["data"]
    assert (await chromium.send("Page.getInstallabilityErrors"))["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],
    )
