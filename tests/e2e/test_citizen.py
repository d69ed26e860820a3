"""The whole way of a citizen in both languages, with and without JavaScript; every page looked at on the way."""

import io
import re

import zxingcpp
from PIL import Image
from playwright.async_api import Browser, expect

from tests.e2e.citizen import Citizen

WORDS = {
    "en": {
        "text": "The street light at the corner of Road 2825 has been out for two weeks.\n\nChildren walk there.",
        "block": "428",
        "name": "Abdulrahman bin Mohammed bin Abdulaziz Al-Khalifa-Al-Mahmood",
        "question": "Which lamp is it, counted from the corner?",
        "answer": "Thank you. The lamp was replaced this morning.",
    },
    "ar": {
        "text": "عمود الإنارة عند زاوية طريق 2825 مطفأ منذ أسبوعين.\n\nالأطفال يمشون هناك ليلًا (رقم العمود LP-2825/3).",
        "block": "٤٢٨",
        "name": "عبدالرحمن بن محمد بن عبدالعزيز بن إبراهيم آل محمود الدوسري",
        "question": "أي عمود هو، عدًّا من الزاوية؟",
        "answer": "شكرًا لك. استُبدل المصباح صباح اليوم.",
    },
}


async def test_the_whole_way_of_a_citizen(citizen: Citizen) -> None:
    await goes_the_whole_way(citizen)


async def test_the_whole_way_without_a_script(citizen: Citizen, browser: Browser) -> None:
    context = await browser.new_context(locale=citizen.language, java_script_enabled=False)
    page = await context.new_page()
    reader = Citizen(page, citizen.site, citizen.language, citizen.tools, is_plain=True)
    await goes_the_whole_way(reader)
    await context.close()


async def goes_the_whole_way(citizen: Citizen) -> None:
    page, site, words = citizen.page, citizen.site, WORDS[citizen.language]
    await citizen.goes_to("/")
    assert await page.get_attribute("html", "lang") == citizen.language
    await citizen.sees("1-home")
    await citizen.presses(".hero a.button")
    await citizen.sees("2-form")

    await page.fill("#text", words["text"])
    await citizen.presses("form .actions .button")
    await expect(page.locator(".summary")).to_be_visible()
    assert await page.input_value("#text") == words["text"]
    citizen.expects(422)
    await citizen.sees("3-form-with-faults")

    await page.check("input[name=kind][value=complaint]")
    await page.select_option("#category", "lighting")
    await page.fill("#block", words["block"])
    await page.check("input[name=who][value=contact]")
    await page.fill("#name", words["name"])
    await page.fill("#email", "maryam@citizens.example")
    await citizen.presses("form .actions .button")
    await expect(page.locator(".facts")).to_contain_text("428")
    await citizen.sees("4-check")

    await citizen.presses("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    reference = str(await page.text_content(".ticket .number bdi"))
    secret = str(await page.text_content(".ticket strong"))
    await site.is_assigned(reference)
    await page.reload()
    await citizen.sees("5-done")
    drawn = Image.open(io.BytesIO(await page.locator(".qr svg").screenshot()))
    link = await page.text_content(".ticket .link")
    assert [read.text for read in zxingcpp.read_barcodes(drawn)] == [link], "what a phone's camera reads"

    await page.context.clear_cookies(name="tawasul")
    await citizen.goes_to(f"/track?reference={reference}")
    await page.fill("#secret", "1.wrong")
    await citizen.presses("main form .button")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)
    await citizen.sees("6-find")
    await page.fill("#secret", secret)
    await citizen.presses("main form .button")
    await page.wait_for_url(re.compile(f"/track/{reference}$"))
    await citizen.sees("7-track")

    await site.is_asked(reference, words["question"])
    await page.reload()
    await citizen.sees("8-question")
    await page.fill(".call textarea", words["text"])
    await citizen.presses(".call .button:not(.quiet)")
    await expect(page.locator(".notice")).to_be_visible()
    await site.heard(reference, "InformationAdded")

    await citizen.goes_to(f"/track/{reference}/withdraw")
    await citizen.sees("9-withdraw")
    await site.is_answered(reference, words["answer"])
    await citizen.goes_to(f"/track/{reference}")
    await citizen.sees("10-answered")
    await page.check("input[name=score][value='4']")
    await citizen.presses(".call .button:not(.quiet)")
    await expect(page.locator(".notice")).to_be_visible()
    await page.click("summary")
    await page.fill("#reason", words["question"])
    await citizen.presses("details[open] .button")
    await expect(page.locator(".notice")).to_be_visible()
    await site.heard(reference, "SubmissionRated", "SubmissionReopened")
    await citizen.sees("11-reopened")

    await citizen.goes_to("/submissions/nothing/done")
    citizen.expects(404)
    await citizen.sees("12-not-found")
    assert citizen.faults == []
