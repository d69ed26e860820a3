"""A citizen who signed in: files under the own name, finds it listed, and appeals against a second answer."""

import re

from playwright.async_api import expect

from tests.e2e.citizen import Citizen

NAMES = {"en": "Maryam Al-Khalifa", "ar": "مريم آل خليفة"}
TEXTS = {
    "en": "The street light at the corner of Road 2825 has been out for two weeks, and children walk there at night.",
    "ar": "عمود الإنارة عند زاوية طريق 2825 مطفأ منذ أسبوعين، والأطفال يمشون هناك ليلًا.",
}
ANSWERS = {"en": "The lamp was replaced this morning.", "ar": "استُبدل المصباح صباح اليوم."}


async def test_what_was_filed_signed_in_is_listed_and_a_second_answer_appealed(citizen: Citizen) -> None:
    page, site, language = citizen.page, citizen.site, citizen.language
    await citizen.goes_to("/submissions/mine")
    citizen.expects(401)
    await citizen.sees("20-mine-not-signed-in")
    await citizen.signs_in(f"citizen.{language}", "citizen", name=NAMES[language])
    await citizen.goes_to("/submissions/mine")
    await citizen.sees("21-mine-empty")

    await citizen.goes_to("/submissions/new?kind=complaint")
    await page.fill("#text", TEXTS[language])
    await page.select_option("#category", "lighting")
    await page.check("input[name=who][value=account]")
    await citizen.sees("22-form-signed-in")
    await citizen.presses("form .actions .button")
    await citizen.presses("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    reference = str(await page.text_content(".ticket .number bdi"))
    await site.is_assigned(reference)
    await citizen.goes_to("/submissions/mine?show=open")
    await citizen.sees("23-mine")
    await page.click(".case h2 a")
    await page.wait_for_url(re.compile(f"/track/{reference}$"))

    await site.is_answered(reference, ANSWERS[language])
    await page.reload()
    await page.check("input[name=score][value='2']")
    await page.check("#reason-unsolved")
    await page.check("#reason-slow")
    await citizen.sees("24-rating")
    await citizen.presses(".call .button:not(.quiet)")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("24-rated-low")
    await page.fill("details[open] textarea", TEXTS[language])
    await citizen.presses("details[open] .button")
    await site.is_assigned(reference)
    await site.is_answered(reference, ANSWERS[language])
    await citizen.goes_to(f"/track/{reference}")
    await page.click("summary")
    await citizen.sees("25-may-appeal")
    await page.fill("details[open] textarea", TEXTS[language])
    await citizen.presses("details[open] .button")
    await expect(page.locator(".notice")).to_be_visible()
    await citizen.sees("26-appealed")
    await site.appeal_is_upheld(reference, ANSWERS[language])
    await page.reload()
    await citizen.sees("27-appeal-upheld")
    assert citizen.faults == []
