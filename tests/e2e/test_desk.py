"""An officer's and a triage clerk's day in a browser, in both languages; every page looked at."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from tawasul.demo.country import Country

from tests.e2e.desk import DeskSite, desk_site
from tests.e2e.looking import Onlooker, Tools
from tests.support.eventually import eventually
from tests.support.files import a_photo
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood

WORDS = {
    "en": {
        "search": "pothole",
        "question": "On which side of the road is it, coming from the roundabout?",
        "answer": "Thank you. Our team filled the hole this morning and will lay new asphalt by the end of the month.",
        "reason": "The text and the picture describe a broken kerb.",
    },
    "ar": {
        "search": "الحفرة",
        "question": "على أي جانب من الطريق تقع، للقادم من الدوار؟",
        "answer": "شكرًا لك. ردم فريقنا الحفرة صباح اليوم، وسيعيد رصف الطريق قبل نهاية الشهر.",
        "reason": "يصف النص رصيفًا مكسورًا، وهو من اختصاص شؤون الطرق.",
    },
}
Desk = tuple[str, DeskSite]


class AtWork(Onlooker):
    """An official with a browser."""

    def __init__(self, page: Page, site: DeskSite, language: str, tools: Tools) -> None:
        super().__init__(page, tools, language, prefix="desk-")
        self.site = site

    async def goes_to(self, path: str) -> None:
        await self.page.goto(self.site.url + path)

    async def presses(self, selector: str) -> None:
        await self.page.click(selector)


@pytest_asyncio.fixture(loop_scope="session", params=["en", "ar"])
async def desk(
    request: pytest.FixtureRequest, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with neighbourhood(kafka_bootstrap) as neighbours, desk_site(infrastructure, neighbours, tmp_path) as site:
        yield request.param, site


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, desk: Desk, tools: Tools) -> AsyncIterator[dict[str, AtWork]]:
    language, site = desk
    everybody = {}
    for official in ("officer.works", "supervisor.works", "central.triage"):
        context = await browser.new_context(locale=language, reduced_motion="reduce")
        await context.add_cookies([{"name": "tawasul", "value": site.cookie(official), "url": site.url}])
        page = await context.new_page()
        everybody[official] = AtWork(page, site, language, tools)
    yield everybody
    for person in everybody.values():
        await person.page.context.close()


async def works_with_keys(official: AtWork) -> None:
    """On the page of a case that was opened from a list: through the list, through the page, and not while writing."""
    page = official.page
    address, keys, note = page.url, page.locator(".desk-keys"), page.locator("#note_text")
    await keys.locator("summary").click()
    await official.sees("3-keys")
    await page.keyboard.press("j")
    await page.wait_for_url(lambda url: "/desk/7K" in url and url != address)
    await page.keyboard.press("k")
    await page.wait_for_url(address)
    await page.keyboard.press("h")
    await expect(page.locator("#history-title")).to_be_focused()
    await page.keyboard.press("a")
    await expect(page.locator("#actions-title")).to_be_focused()

    await page.click("details:has(#note_text) summary")
    await note.focus()
    await page.keyboard.type("jaki")
    await expect(note).to_have_value("jaki")
    await page.locator("details:has(#note_text) summary").focus()
    await page.keyboard.press("j")
    await expect(keys.locator("[data-key=j]")).to_be_focused()
    await note.fill("")
    await keys.locator("input").uncheck()
    await page.locator("details:has(#note_text) summary").click()
    await page.keyboard.press("h")
    await page.reload()
    await expect(keys).to_be_visible()
    await expect(keys.locator("input")).not_to_be_checked()
    await page.keyboard.press("h")
    await expect(page.locator("#history-title")).not_to_be_focused()
    await keys.locator("summary").click()
    await keys.locator("input").check()


async def has_a_case(site: DeskSite, page: Page) -> str:
    """The reference number of what was sent from this browser to intake, and is given to Works as both services know;
    from here on an officer of Works is signed in."""
    sample = next(each for each in Country().samples() if each.expect == "works")
    sent = sample.model_dump(mode="json", include={"kind", "text", "language", "category", "location"})
    answer = await page.request.post(f"{site.url}/api/intake/v1/submissions", data=sent)
    assert answer.status == 201, await answer.text()
    reference = str((await answer.json())["reference"])
    await page.context.add_cookies([{"name": "tawasul", "value": site.cookie("officer.works"), "url": site.url}])

    async def _is_works() -> bool:
        opened = await page.request.get(f"{site.url}/submissions/{reference}/files")
        return bool(opened.ok and (await page.request.get(f"{site.url}/desk/{reference}")).ok)

    await eventually(_is_works)
    return reference


@pytest.mark.parametrize("has_scripts", [True, False], ids=["script", "no script"])
async def test_files_that_are_added_while_an_answer_is_typed_leave_it_as_it_was(
    desk: Desk, browser: Browser, tools: Tools, has_scripts: bool
) -> None:
    language, site = desk
    context = await browser.new_context(locale=language, reduced_motion="reduce", java_script_enabled=has_scripts)
    page = await context.new_page()
    officer = Onlooker(page, tools, language, prefix="" if has_scripts else "plain-", is_plain=not has_scripts)
    await page.goto(f"{site.url}/desk/{await has_a_case(site, page)}")
    form, text = page.locator("form[action$='/answer']"), f"{WORDS[language]['answer']}\n\n<b>1 & 2</b>"
    add = form.locator("button[name=back]")
    await page.click("details:has(#answer_text) summary")
    await page.select_option("#answer_reason_code", "resolved")
    await page.fill("#answer_text", text)
    await officer.sees("files-1-typed")

    await add.click()
    await expect(page.locator("#files-error")).to_be_visible()
    officer.expects(422)
    await officer.sees("files-2-none-chosen")
    await page.set_input_files("#files", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": a_photo()})
    await page.click("main form .button:not(.quiet)")
    await officer.sees("files-3-added")
    await page.click("button[value=go-on]")
    await expect(page.locator("#answer_text")).to_have_value(text)
    await expect(page.locator("#answer_reason_code")).to_have_value("resolved")
    await page.check("[name^='answer_evidence:']")
    await page.set_input_files("#answer-files", {"name": "y.jpg", "mimeType": "image/jpeg", "buffer": a_photo()})
    await form.locator(":scope > .button").click()
    await expect(page.locator("#answer_evidence-error")).to_be_visible()
    officer.expects(422)
    await officer.sees("files-4-chosen-and-not-added")
    await page.set_input_files("#answer-files", {"name": "y.jpg", "mimeType": "image/jpeg", "buffer": a_photo()})
    await add.click()
    await page.click("button[value=go-on]")
    await expect(page.locator("#answer_text")).to_have_value(text)
    await expect(page.locator("[name^='answer_evidence:']")).to_have_count(2)
    await expect(page.locator("[name^='answer_evidence:']").first).to_be_checked()
    await form.locator(":scope > .button").click()
    await expect(page.locator(".notice[role=status]")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("<b>1 & 2</b>")
    assert officer.faults == []
    await context.close()


async def test_a_day_at_the_desk(desk: Desk, people: dict[str, AtWork]) -> None:
    language, site = desk
    officer, supervisor, clerk = (people[each] for each in ("officer.works", "supervisor.works", "central.triage"))
    words = WORDS[language]
    await officer.goes_to("/desk")
    await officer.sees("1-nothing-to-do")
    samples = Country().samples()
    for number, sample in enumerate([each for each in samples if each.expect == "works"][:8]):
        id, _ = await site.files(sample, number)
        await site.says_due(id, (-1, 0.1, 3, 5, 8, 0.2, 12, 2)[number], at_risk=number in (1, 5))
    for sample in [each for each in samples if not getattr(each, "category", None)][-12:]:
        await site.files(sample, 2)

    # Nobody loaded the page again: what came in stands there, and the keyboard works in it.
    await expect(officer.page.locator(".desk-row").first).to_be_visible()
    await officer.page.fill("#words", words["search"])
    await officer.presses(".desk-filters .button")
    await expect(officer.page.locator(".desk-row").first).to_be_visible()
    await officer.sees("2-found-by-words")
    await officer.goes_to("/desk")
    await officer.sees("2-inbox")
    for box in (await officer.page.locator(".desk-box").all())[:2]:
        await box.check()
    await officer.page.select_option("#what", "transfer")
    await officer.presses(".desk-bulk .button")
    await officer.sees("2-several-at-once")
    await officer.goes_to("/desk")
    for box in (await officer.page.locator(".desk-box").all())[2:4]:
        await box.check()
    await officer.page.select_option("#what", "note")
    await officer.presses(".desk-bulk .button")
    await officer.page.fill("#note_text", words["reason"])
    await officer.presses("button[value=do]")
    await expect(officer.page.locator(".notice")).to_be_visible()
    await officer.sees("2-several-done")
    await officer.goes_to("/desk")
    await officer.page.keyboard.press("Tab")
    await expect(officer.page.locator(".skip")).to_be_focused()
    await officer.page.locator(".desk-row-head a").first.focus()
    await officer.page.keyboard.press("ArrowDown")
    await officer.page.keyboard.press("x")
    await expect(officer.page.locator(".desk-box").nth(1)).to_be_checked()
    await officer.page.keyboard.press("Home")
    await expect(officer.page.locator(".desk-row-head a").first).to_be_focused()
    await officer.page.keyboard.press("Enter")
    await officer.page.wait_for_url(re.compile("/desk/7K"))
    await officer.sees("3-case")
    at = officer.page.url.removeprefix(site.url)
    await works_with_keys(officer)
    assert officer.page.url.removeprefix(site.url) == at

    await supervisor.goes_to(at)
    await supervisor.presses("details:has(#answer_text) summary")
    await supervisor.page.fill("#answer_text", words["reason"])
    await officer.presses(".desk-first .button")
    await expect(officer.page.locator(".notice")).to_be_visible()
    await site.puts_files(at.removeprefix("/desk/").partition("?")[0], "application/pdf", "video/mp4")
    await officer.goes_to(at)
    await expect(officer.page.locator("#answer-files")).to_be_visible()
    for form in ("note_text", "interim_text", "recategorise_reason", "in-charge_official", "sub-case_question"):
        await officer.presses(f"details:has(#{form}) summary")
    await officer.sees("4-every-form")
    for form in ("note_text", "interim_text", "recategorise_reason", "in-charge_official", "sub-case_question"):
        await officer.presses(f"details:has(#{form}) summary")
    await officer.presses("details:has(#sub-case_question) summary")
    await officer.page.select_option("#sub-case_entity", "ewa")
    await officer.page.fill("#sub-case_question", words["question"])
    await officer.presses("details:has(#sub-case_question) .button")
    await expect(officer.page.locator("#parts-title")).to_be_visible()
    await officer.sees("4-another-entity-was-asked")
    await officer.presses("details:has(#question_text) summary")
    await officer.page.fill("#question_text", words["question"])
    await officer.presses("details:has(#question_text) .button")
    await expect(officer.page.locator(".notice")).to_be_visible()
    await officer.sees("4-asked")
    _, again = await site.files(next(each for each in samples if each.expect == "works"), 1)
    await officer.goes_to(f"/desk/{again}")
    await officer.sees("4-looks-like-another")
    await officer.goes_to(f"/desk/{again}/similar")
    await officer.sees("4-the-same-matter")
    first = await officer.page.locator(".desk-beside .chips bdi").first.inner_text()
    await officer.page.fill("#reference", first)
    await officer.page.fill("#reason", words["reason"])
    await officer.presses("section:has(#reference) .button")
    await expect(officer.page.locator(".notice")).to_be_visible()
    await officer.sees("4-merged")

    await expect(supervisor.page.locator("[data-live-waiting]")).to_be_visible()
    await expect(supervisor.page.locator("[data-live=told]")).to_contain_text(words["question"])
    assert await supervisor.page.input_value("#answer_text") == words["reason"]
    await supervisor.sees("5-news-while-writing")
    await supervisor.page.select_option("#answer_template", "planned")
    await supervisor.presses("button[value=insert]")
    await expect(supervisor.page.locator("#answer_text")).to_have_value(re.compile("…"))
    await expect(supervisor.page.locator("#newer-title")).to_be_visible()
    await supervisor.sees("6-template-and-news")
    await supervisor.page.fill("#answer_text", words["answer"])
    await supervisor.presses("details:has(#answer_text) .button:not([name])")
    await expect(supervisor.page.locator(".summary a")).to_have_attribute("href", "#answer_reason_code")
    assert await supervisor.page.input_value("#answer_text") == words["answer"]
    supervisor.expects(422)
    await supervisor.sees("7-fault")
    await supervisor.page.select_option("#answer_reason_code", "resolved")
    await supervisor.page.fill("#answer_despite_open", words["reason"])
    await supervisor.presses("details:has(#answer_text) .button:not([name])")
    await expect(supervisor.page.locator(".notice")).to_be_visible()
    await supervisor.sees("8-answered")
    await supervisor.goes_to("/desk/team")
    await supervisor.sees("9-workload")
    await supervisor.goes_to("/desk/templates")
    await supervisor.sees("9-templates")
    await supervisor.presses("#content .button")
    await supervisor.sees("9-template")
    await officer.goes_to("/desk/team")
    officer.expects(403)
    await officer.sees("10-not-yours")

    await clerk.goes_to("/desk")
    await clerk.presses(".desk-to-place a")
    await clerk.sees("11-triage")
    await clerk.page.keyboard.press("a")
    await expect(clerk.page.locator("#place-title")).to_be_focused()
    await clerk.page.keyboard.press("1")
    await clerk.page.wait_for_url(re.compile("suggestion=1"))
    await clerk.page.select_option("#triage_entity", "works")
    await clerk.page.locator("#triage_entity").blur()
    await clerk.page.keyboard.press("o")
    await expect(clerk.page.locator("[data-key=o]")).to_be_focused()
    await clerk.page.reload()
    await expect(clerk.page.locator("#triage_reason")).to_have_value(re.compile("«|“"))
    await expect(clerk.page.locator("#triage_category")).not_to_have_value("")
    await clerk.sees("11-suggestion-taken")
    await clerk.page.fill("#triage_reason", "")
    await clerk.page.select_option("#triage_entity", "works")
    await clerk.presses("#content form .button")
    await expect(clerk.page.locator(".summary a")).to_have_attribute("href", "#triage_reason")
    clerk.expects(422)
    await clerk.sees("12-triage-fault")
    await clerk.page.fill("#triage_reason", words["reason"])
    await clerk.presses("details:has(#triage_reason) .button")
    await expect(clerk.page.locator(".notice")).to_be_visible()
    await clerk.goes_to("/desk/map")
    await expect(clerk.page.locator(".map-area").first).to_be_visible()
    await clerk.sees("13-map")
    await clerk.goes_to("/desk?view=overdue")
    await clerk.sees("13-all-entities")
    await clerk.goes_to("/desk/team")
    await clerk.sees("14-workload-of-all")
    await clerk.goes_to("/desk/models")
    await clerk.sees("15-models")
    await clerk.goes_to("/desk/models/thresholds?version=1")
    await clerk.sees("16-thresholds")
    assert [fault for person in people.values() for fault in person.faults] == []
