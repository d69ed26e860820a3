"""The whole way of a citizen in a browser without JavaScript, in both languages; every page looked at on the way."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.site import Site

WORDS = {
    "en": {
        "text": "The street light at the corner of Road 2825 has been out for two weeks.\n\nChildren walk there.",
        "name": "Abdulrahman bin Mohammed bin Abdulaziz Al-Khalifa-Al-Mahmood",
        "question": "Which lamp is it, counted from the corner?",
        "answer": "Thank you. The lamp was replaced this morning.",
    },
    "ar": {
        "text": "عمود الإنارة عند زاوية طريق 2825 مطفأ منذ أسبوعين.\n\nالأطفال يمشون هناك ليلًا (رقم العمود LP-2825/3).",
        "name": "عبدالرحمن بن محمد بن عبدالعزيز بن إبراهيم آل محمود الدوسري",
        "question": "أي عمود هو، عدًّا من الزاوية؟",
        "answer": "شكرًا لك. استُبدل المصباح صباح اليوم.",
    },
}
LIGHTS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"phone": (360, 740), "desk": (1280, 800)}


class Citizen:
    """A person with a browser that runs no script, who takes pictures of what they see."""

    def __init__(self, page: Page, site: Site, language: str, pictures: Path, axe: str) -> None:
        self.page, self.site, self.language, self.pictures, self.axe = page, site, language, pictures, axe
        self.faults: list[str] = []

    async def goes_to(self, path: str) -> None:
        await self.page.goto(self.site.url + path)

    async def presses(self, selector: str) -> None:
        await self.page.click(selector)

    async def sees(self, name: str) -> None:
        """The page in both widths and both lights; and what a checker of accessibility says of it."""
        for size, (width, height) in SIZES.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            wider = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wider > 0:
                self.faults.append(f"{name} at {width}: {wider} pixels too wide")
            for light in LIGHTS:
                await self.page.emulate_media(color_scheme=light)
                file = self.pictures / f"{name}-{self.language}-{size}-{light}.png"
                await self.page.screenshot(path=file, full_page=True)
                if size == "desk":
                    await self._check(f"{name} ({light})")

    async def _check(self, name: str) -> None:
        found: Any = await self.page.evaluate(self.axe + "; axe.run()")
        for violation in found["violations"]:
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            self.faults.append(f"{name}: {violation['id']}: {nodes}")


@pytest_asyncio.fixture(loop_scope="session", params=["en", "ar"])
async def citizen(
    request: pytest.FixtureRequest, browser: Browser, running_site: Site, pictures: Path, axe: str
) -> AsyncIterator[Citizen]:
    # The checks are ours and need a script; the pages get none: their policy forbids every one that is not a file.
    context: BrowserContext = await browser.new_context(locale=request.param, reduced_motion="reduce", bypass_csp=False)
    page = await context.new_page()
    page.set_default_timeout(8_000)
    person = Citizen(page, running_site, request.param, pictures, axe)
    page.on("console", lambda said: person.faults.append(f"{said.type}: {said.text}") if said.type == "error" else None)
    yield person
    await context.close()


async def test_the_whole_way_of_a_citizen(citizen: Citizen) -> None:
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
    citizen.faults = [fault for fault in citizen.faults if "422" not in fault]
    await citizen.sees("3-form-with-faults")

    await page.check("input[name=kind][value=complaint]")
    await page.select_option("#category", "lighting")
    await page.fill("#block", "428")
    await page.check("input[name=who][value=contact]")
    await page.fill("#name", words["name"])
    await page.fill("#email", "maryam@citizens.example")
    await citizen.presses("form .actions .button")
    await citizen.sees("4-check")

    await citizen.presses("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    reference = str(await page.text_content(".ticket .number bdi"))
    secret = str(await page.text_content(".ticket strong"))
    await site.is_assigned(reference)
    await page.reload()
    await citizen.sees("5-done")

    await page.context.clear_cookies(name="tawasul")
    await citizen.goes_to(f"/track?reference={reference}")
    await page.fill("#secret", "1.wrong")
    await citizen.presses("main form .button")
    await expect(page.locator(".summary")).to_be_visible()
    citizen.faults = [fault for fault in citizen.faults if "422" not in fault]
    await citizen.sees("6-find")
    await page.fill("#secret", secret)
    await citizen.presses("main form .button")
    await page.wait_for_url(re.compile(f"/track/{reference}$"))
    await citizen.sees("7-track")

    await site.is_asked(reference, words["question"])
    await page.reload()
    await citizen.sees("8-question")
    await page.fill(".call textarea", words["text"])
    await citizen.presses(".call .button")
    await expect(page.locator(".notice")).to_be_visible()
    await site.heard(reference, "InformationAdded")

    await citizen.goes_to(f"/track/{reference}/withdraw")
    await citizen.sees("9-withdraw")
    await site.is_answered(reference, words["answer"])
    await citizen.goes_to(f"/track/{reference}")
    await citizen.sees("10-answered")
    await page.check("input[name=score][value='4']")
    await citizen.presses(".call .button")
    await expect(page.locator(".notice")).to_be_visible()
    await page.click("summary")
    await page.fill("#reason", words["question"])
    await citizen.presses("details[open] .button")
    await expect(page.locator(".notice")).to_be_visible()
    await site.heard(reference, "SubmissionRated", "SubmissionReopened")
    await citizen.sees("11-reopened")

    await citizen.goes_to("/submissions/nothing/done")
    citizen.faults = [fault for fault in citizen.faults if "404" not in fault]
    await citizen.sees("12-not-found")
    assert citizen.faults == []
