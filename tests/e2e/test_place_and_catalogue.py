"""What it is about and where it is, in words: the catalogue is searched and a place is named, without a script."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.e2e.citizen import Citizen

SEARCHED = {"en": "potholes", "ar": "الحفر"}
NAMES = {
    "en": {"one": "al-juffair", "understood": "Juffair", "several": "Riffa", "unknown": "Behind the old well"},
    "ar": {"one": "جفير", "understood": "الجفير", "several": "الرفاع", "unknown": "خلف العين القديمة"},
}
HOLE = {"en": "There is a deep pothole in our road.", "ar": "توجد حفرة عميقة في شارعنا."}
TEXT = {"en": "The lamp is out.", "ar": "المصباح مطفأ."}


@pytest_asyncio.fixture(loop_scope="session")
async def reader(citizen: Citizen, browser: Browser) -> AsyncIterator[Citizen]:
    """The same person, whose browser has no script; the checker of accessibility needs one, so it is not asked."""
    context = await browser.new_context(locale=citizen.language, java_script_enabled=False)
    page = await context.new_page()
    person = Citizen(page, citizen.site, citizen.language, citizen.tools)
    yield person
    await context.close()


async def test_a_category_is_found_by_what_people_call_it(citizen: Citizen, reader: Citizen) -> None:
    await reader.goes_to("/")
    await reader.page.fill("#words", SEARCHED[reader.language])
    await reader.presses(".catalogue-search button")
    await expect(reader.page.locator(".catalogue-found a")).to_have_count(1)
    await reader.page.click(".catalogue-found a")
    await expect(reader.page.locator("#category")).to_have_value("pothole")

    await citizen.goes_to(f"/?words={SEARCHED[citizen.language]}")
    await citizen.page.click("#catalogue summary")
    await citizen.sees("home-found")
    await citizen.goes_to("/?words=xylophone")
    await citizen.sees("home-nothing-found")
    assert citizen.faults == []


async def writes(person: Citizen, place: str) -> None:
    page = person.page
    await person.goes_to("/submissions/new?kind=complaint")
    await page.fill("#text", TEXT[person.language])
    await page.fill("#place", place)
    await page.check("input[name=who][value=anonymous]")
    await person.presses("form .actions .button")


async def test_a_place_is_named_and_the_check_tells_how_it_was_understood(citizen: Citizen, reader: Citizen) -> None:
    names = NAMES[citizen.language]
    await writes(reader, names["several"])
    await reader.presses("main button[value=send]")
    await expect(reader.page.locator(".summary a")).to_have_attribute("href", "#place_id")
    await reader.page.check("[name=place_id][value=west-riffa]")
    await reader.presses("main button[value=send]")
    await reader.page.wait_for_url("**/done")

    await writes(citizen, names["one"])
    await expect(citizen.page.locator(".facts")).to_contain_text(names["understood"])
    await citizen.sees("place-1-understood")
    await writes(citizen, names["several"])
    await citizen.sees("place-2-which")
    await citizen.presses("main button[value=send]")
    await expect(citizen.page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await citizen.sees("place-3-which-fault")
    await citizen.presses("main button[value=change]")
    await expect(citizen.page.locator("#place")).to_have_value(names["several"])
    await writes(citizen, names["unknown"])
    await citizen.sees("place-4-unknown")
    assert citizen.faults == []


async def test_categories_are_offered_at_the_check_without_a_script(citizen: Citizen, reader: Citizen) -> None:
    for person in (reader, citizen):
        await person.goes_to("/submissions/new?kind=complaint")
        await person.page.fill("#text", HOLE[person.language])
        await person.page.check("input[name=who][value=anonymous]")
        await person.presses("form .actions .button[value=check]")
    await citizen.sees("suggest-check")
    await reader.page.check("input[name=category][value=pothole]")
    for person in (reader, citizen):
        await person.presses("main button[value=send]")
        await person.page.wait_for_url("**/done")
        reference = str(await person.page.text_content(".ticket .number bdi"))
        filed = await person.site.intake.state.submissions.find(await person.site.id_of(reference))
        assert filed.state.category == ("pothole" if person is reader else None)
    assert citizen.faults == []


async def test_while_one_writes_the_likeliest_categories_are_offered(citizen: Citizen) -> None:
    """The router is played: it is another service, and stands behind the same door."""
    page, asked = citizen.page, []
    name = {"ar": "حفر الشوارع", "en": "Potholes"}

    async def answer(route: Route) -> None:
        asked.append(route.request.post_data_json)
        items = [
            {"category": "pothole", "name": name, "probability": 0.8},
            {"category": "not-in-this-list", "name": name, "probability": 0.7},
            {"category": "lighting", "name": name, "probability": 0.01},
        ]
        await route.fulfill(json={"items": items, "model_version": 1})

    await page.route("**/api/router/v1/suggest", answer)
    await citizen.goes_to("/submissions/new?kind=complaint")
    await page.fill("#block", "٤٢٨")
    await page.fill("#text", TEXT[citizen.language] * 2)
    offered = page.locator("[data-suggest] button")
    await expect(offered).to_have_text([name[citizen.language]])
    await citizen.sees("suggested-category")
    assert asked[0] == {"text": TEXT[citizen.language] * 2, "location": {"block": "428"}}
    await offered.click()
    await expect(page.locator("#category")).to_have_value("pothole")
    await expect(page.locator("[data-suggest]")).to_be_hidden()

    await page.unroute("**/api/router/v1/suggest")
    await page.route("**/api/router/v1/suggest", lambda route: route.abort())
    await page.select_option("#category", "")
    await page.fill("#text", TEXT[citizen.language] * 3)
    await page.wait_for_event("requestfailed")
    await expect(page.locator("[data-suggest]")).to_be_hidden()
    citizen.faults.clear()  # the browser complains of the request that we let fail


async def test_whoever_types_on_gets_no_late_offer_and_asks_no_more_than_the_router_allows(citizen: Citizen) -> None:
    page, asked, late = citizen.page, [], asyncio.Event()
    texts = [TEXT[citizen.language] * times for times in (2, 3, 4, 5)]
    name = {"ar": "حفر الشوارع", "en": "Potholes"}

    async def answer(route: Route) -> None:
        asked.append((route.request.post_data_json or {})["text"])
        if len(asked) == 2:
            await route.fulfill(status=429, headers={"Retry-After": "60"}, json={})
            return
        if len(asked) == 1:
            await late.wait()
        await route.fulfill(json={"items": [{"category": "pothole", "name": name, "probability": 0.8}]})

    async def writes(text: str) -> None:
        await page.fill("#text", text)
        await page.clock.run_for(1_000)

    await page.clock.install()
    await page.route("**/api/router/v1/suggest", answer)
    await citizen.goes_to("/submissions/new?kind=complaint")
    async with page.expect_request("**/suggest"):
        await writes(texts[0])
    async with page.expect_event("requestfailed"):  # taken back
        await writes("")
    late.set()
    async with page.expect_event("requestfinished"):
        await writes(texts[1])
    await expect(page.locator("[data-suggest]")).to_be_hidden()
    await writes(texts[2])
    await page.clock.run_for(60_000)
    await writes(texts[3])
    await expect(page.locator("[data-suggest] button")).to_have_text([name[citizen.language]])
    assert asked == [texts[0], texts[1], texts[3]]
    citizen.faults.clear()  # the browser complains of what was refused
