"""The whole way of a citizen who uses no mouse, in both languages: from the start page to the receipt, the reply and
the withdrawal."""

import re

from playwright.async_api import expect

from tests.e2e.citizen import Citizen
from tests.e2e.keyboard import Keyboard

WORDS = {
    "en": {
        "text": "The lamp on Road 2825 is out.",
        "question": "Which lamp is it?",
        "answer": "The third one.",
        "reason": "It shines again.",
    },
    "ar": {
        "text": "المصباح في طريق 2825 مطفأ.",
        "question": "أي مصباح هو؟",
        "answer": "الثالث.",
        "reason": "عاد يضيء.",
    },
}


async def test_a_submission_is_filed_answered_and_withdrawn_without_a_mouse(citizen: Citizen) -> None:
    page, words, keys = citizen.page, WORDS[citizen.language], Keyboard(citizen.page)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await citizen.goes_to("/")
    await keys.skips_to_the_content()
    await keys.goes_to(".hero a.button", most=1)
    await keys.presses("Enter")
    await page.wait_for_url("**/submissions/new")

    await keys.skips_to_the_content()
    await keys.goes_to("main [name=kind]")
    await keys.goes_to("#text")
    await keys.types(words["text"])
    await keys.goes_to("form .actions .button")
    await keys.presses("Enter")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.expects(422)

    await keys.goes_to(".summary a[href='#kind']")
    await keys.presses("Enter")
    await expect(page.locator("#kind")).to_be_focused()
    await keys.presses("Space")
    await expect(page.locator("#kind")).to_be_checked()
    await keys.presses("ArrowDown", "ArrowUp")
    await expect(page.locator("#kind")).to_be_checked()
    await keys.goes_to("#category")
    while await page.input_value("#category") != "lighting":  # what stands before it, other stories have published
        before = await page.input_value("#category")
        await keys.presses("ArrowDown")
        assert await page.input_value("#category") != before, "it is in the list"
    await keys.goes_to("#block")
    await keys.types("428")
    await keys.goes_to("[data-middle]")
    await expect(page.locator(".map-area").first).to_be_attached()
    await keys.presses("Enter")
    await expect(page.locator(".map-picked")).to_be_attached()
    await keys.goes_to("[data-none]")
    await keys.presses("Space")
    await expect(page.locator("[data-middle]")).to_be_focused()
    await keys.goes_to("#files")
    await keys.goes_to("[name=who]")
    await keys.presses("ArrowDown")
    await expect(page.locator("#who-anonymous")).to_be_checked()
    await keys.goes_to("#publish")
    await keys.presses("Space")
    await keys.goes_to("form .actions .button")
    await keys.presses("Enter")
    await expect(page.locator("main button[value=send]")).to_be_visible()
    await keys.goes_to("button.button[value=send]")
    await keys.presses("Space")
    await page.wait_for_url(re.compile("/done$"))
    reference = str(await page.text_content(".ticket .number bdi"))

    await keys.skips_to_the_content()
    await keys.goes_to(f"main a.button[href='/track/{reference}']")
    await keys.presses("Enter")
    await page.wait_for_url(re.compile(f"/track/{reference}$"))
    await citizen.site.is_assigned(reference)
    await citizen.site.is_asked(reference, words["question"])
    await expect(page.locator(".call textarea")).to_be_visible()
    await keys.goes_to(".call textarea")
    await keys.types(words["answer"])
    await keys.goes_to(".call .button:not(.quiet)")
    await keys.presses("Enter")
    await expect(page.locator(".notice")).to_be_visible()
    await expect(page.locator(".timeline")).to_contain_text(words["answer"])

    await keys.goes_to("details summary")
    await keys.presses("Enter")
    await expect(page.locator("details[open] textarea")).to_be_visible()
    await keys.presses("Enter")
    await keys.goes_to("a[href$='/withdraw']")
    await keys.presses("Enter")
    await page.wait_for_url(re.compile("/withdraw$"))
    await keys.skips_to_the_content()
    await keys.goes_to("#reason", most=1)
    await keys.types(words["reason"])
    await keys.goes_to(".button.grave", most=1)
    await keys.presses("Enter")
    await citizen.site.heard(reference, "InformationAdded", "SubmissionWithdrawn")
    await expect(page.locator(".timeline")).to_contain_text(words["reason"])
    assert keys.faults == []
    assert citizen.faults == []
