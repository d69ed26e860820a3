"""The tracking page while something happens: it shows the news by itself, and leaves alone who is writing."""

from playwright.async_api import expect

from tests.e2e.citizen import Citizen
from tests.support.intake import a_filing

ANSWERS = {"en": "The lamp was replaced this morning.", "ar": "استُبدل المصباح صباح اليوم."}
QUESTIONS = {"en": "Which lamp is it?", "ar": "أي عمود هو؟"}
TYPED = {"en": "By the way, the next one flickers.", "ar": "وللعلم، العمود التالي يومض."}


async def test_the_page_shows_what_happens_and_keeps_what_is_being_written(citizen: Citizen) -> None:
    page, site, language = citizen.page, citizen.site, citizen.language
    filed = await page.request.post(f"{site.url}/api/intake/v1/submissions", data=a_filing(language=language))
    receipt = await filed.json()
    reference = receipt["reference"]
    await citizen.goes_to(f"/track/{reference}/{receipt['secret']}")
    await expect(page.locator(".entry")).to_have_count(1)

    await site.is_assigned(reference)
    await expect(page.locator(".entry")).not_to_have_count(1)
    await expect(page.locator("[data-live-said]")).not_to_be_empty()

    await page.click("summary")
    await page.fill("details[open] textarea", TYPED[language])
    await site.is_asked(reference, QUESTIONS[language])
    await expect(page.locator("[data-live-waiting]")).to_be_visible()
    await expect(page.locator(".timeline")).to_contain_text(QUESTIONS[language])
    assert await page.input_value("details[open] textarea") == TYPED[language]
    await citizen.sees("30-news-while-writing")

    await page.click("[data-live-waiting] a")
    await expect(page.locator(".call")).to_contain_text(QUESTIONS[language])
    # A page that came back with what was typed keeps it, whatever happens meanwhile.
    await page.fill(".call textarea", TYPED[language])
    await page.click(".call button[value=attach]")
    await expect(page.locator(".call textarea")).to_have_value(TYPED[language])
    await site.is_answered(reference, ANSWERS[language])
    await expect(page.locator("[data-live-waiting]")).to_be_visible()
    await expect(page.locator(".call textarea")).to_have_value(TYPED[language])
    await page.click("[data-live-waiting] a")
    await expect(page.locator(".call.calm")).to_contain_text(ANSWERS[language])
    assert citizen.faults == []
