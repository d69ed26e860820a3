"""The counter in a browser: an official writes down what a citizen says, and prints the receipt."""

import re

from playwright.async_api import expect

from tests.e2e.citizen import Citizen

NAMES = {"en": "Khalid Al-Mahmood", "ar": "خالد آل محمود"}
TEXTS = {
    "en": "The lift in the service centre has been out of order for a week, and my mother cannot climb the stairs.",
    "ar": "المصعد في مركز الخدمة لا يعمل منذ أسبوع، ووالدتي لا تستطيع صعود الدرج.",
}


async def test_an_official_files_for_a_citizen_and_prints_the_receipt(citizen: Citizen) -> None:
    page, site, language = citizen.page, citizen.site, citizen.language
    await citizen.goes_to("/counter")
    citizen.expects(401)
    await citizen.sees("40-counter-not-signed-in")
    await citizen.signs_in(f"clerk.{language}", "officer", name=NAMES[language], entity="ewa")
    await citizen.goes_to("/counter")
    await citizen.presses("main form .button")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await citizen.sees("41-counter")

    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", TEXTS[language])
    await page.fill("#block", "428")
    await page.fill("#name", NAMES[language])
    await page.fill("#phone", "+973 17000000")
    await citizen.presses("main form .button")
    await page.wait_for_url(re.compile("/counter/.+"))
    reference = str(await page.text_content(".ticket .number bdi"))
    await site.is_assigned(reference)
    await page.reload()
    await expect(page.locator("[data-print]")).to_be_visible()
    await citizen.sees("42-receipt")
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 794, "height": 1123})
    await expect(page.locator(".unprinted")).to_be_hidden()
    await citizen.tools.take(page, f"43-receipt-paper-{language}")
    await page.emulate_media(media="screen")

    await citizen.goes_to(f"/track/{reference}")
    await expect(page.locator("#secret")).to_be_visible()
    assert citizen.faults == []
