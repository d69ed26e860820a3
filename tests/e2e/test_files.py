"""Files in a browser: without a script over every step of the form, with one shown before they are sent."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.e2e.citizen import Citizen
from tests.e2e.site import Site
from tests.support.files import a_document, a_photo

NAMES = {"en": ("The lamp at the corner.jpg", "Letter.pdf"), "ar": ("عمود الإنارة عند الزاوية.jpg", "خطاب البلدية.pdf")}
TEXT = {"en": "The lamp at Road 2825 is out; see the photo.", "ar": "الإنارة معطلة في طريق 2825، انظر الصورة."}


def a_file(name: str, content: bytes, type: str = "") -> FilePayload:
    return {"name": name, "mimeType": type, "buffer": content}


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser) -> AsyncIterator[Page]:
    """A browser that runs no script."""
    context = await browser.new_context(locale="ar", java_script_enabled=False)
    page = await context.new_page()
    yield page
    await context.close()


async def test_without_a_script_files_outlive_faults_languages_and_the_check(plain: Page, running_site: Site) -> None:
    photo, page = a_photo(size=(400, 300)), plain
    await page.goto(running_site.url + "/submissions/new")
    await page.set_input_files("#files", [a_file("عمود.jpg", photo), a_file("drawing.jpg", b"<svg/>")])
    await page.click("form button[value=attach]")
    await expect(page.locator(".file-name")).to_have_text("عمود.jpg")
    await expect(page.locator("#files-error")).to_contain_text("drawing.jpg")
    long = a_document("and a long one " + "x" * 9_000_000)
    await page.set_input_files("#files", a_file("letter.pdf", long))
    await page.click("form button[value=check]:not(.unseen)")
    await expect(page.locator(".summary")).to_be_visible()
    await expect(page.locator(".file-name")).to_have_count(2)
    await page.click("button[name=lang]")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator(".file-name")).to_have_count(2)
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", TEXT["en"])
    await page.check("input[name=who][value=anonymous]")
    await page.click("form button[value=check]:not(.unseen)")
    await expect(page.locator(".file-list li")).to_have_count(2)
    await page.click("button[value=change]")
    await page.click(".file-list li:last-child button[name=remove]")
    await expect(page.locator(".file-name")).to_have_count(1)
    assert await page.input_value("#text") == TEXT["en"]
    await page.click("form button[value=check]:not(.unseen)")
    await page.click("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    await expect(page.locator(".ticket")).to_contain_text("1 file is with it")
    reference = str(await page.text_content(".ticket .number bdi"))
    await running_site.heard(reference, "SubmissionReceived", "AttachmentsAdded")

    await page.goto(f"{running_site.url}/track/{reference}")
    await page.click("summary")
    await page.set_input_files("#files", a_file("later.png", a_photo("PNG")))
    await page.click("details[open] form > button")
    await expect(page.locator(".notice")).to_be_visible()
    await expect(page.locator("a.file-name")).to_have_text(["عمود.jpg", "later.png"])
    image = page.locator(".file-picture img").first
    shown = await page.request.get(running_site.url + str(await image.get_attribute("src")))
    assert (shown.status, shown.headers["content-type"]) == (200, "image/jpeg")
    assert "sandbox" in shown.headers["content-security-policy"]


async def test_with_a_script_files_are_shown_before_they_are_sent(citizen: Citizen) -> None:
    page, (photo, letter) = citizen.page, NAMES[citizen.language]
    await citizen.goes_to("/submissions/new")
    await page.set_input_files("#files", [a_file(photo, a_photo(size=(400, 300)), "image/jpeg")])
    await page.set_input_files("#files", [a_file(letter, a_document(), "application/pdf")])
    await page.set_input_files("#files", [a_file("big.mp4", bytes(11 * 1024 * 1024), "video/mp4")])
    chosen = page.locator("[data-chosen] li")
    await expect(chosen).to_have_count(3)
    await expect(page.locator(".file-fault")).to_have_count(1)
    await expect(chosen.first.locator("img")).to_be_visible()
    await citizen.sees("20-files-chosen")
    await chosen.last.locator("button").click()
    await expect(chosen).to_have_count(2)
    await page.set_input_files("#files", [a_file("half.png", a_photo("PNG")[:60], "image/png")])
    await page.click("form button[value=attach]")
    await expect(page.locator("#files-error")).to_contain_text("half.png")
    citizen.expects(422)
    await citizen.sees("21-files-added")
    await page.check("input[name=kind][value=complaint]")
    await page.fill("#text", TEXT[citizen.language])
    await page.check("input[name=who][value=anonymous]")
    await page.click("form button[value=check]:not(.unseen)")
    await citizen.sees("22-check-with-files")
    await page.click("main button[value=send]")
    await page.wait_for_url(re.compile("/done$"))
    await page.click(".actions a")
    await expect(page.locator("a.file-name")).to_have_text([photo, letter])
    await expect(page.locator(".entry-files a")).to_have_text([photo, letter])
    await page.click("summary")
    await citizen.sees("23-track-with-files")
    assert citizen.faults == []


@pytest.mark.parametrize(("path", "status"), [("/submissions/new", 422), ("/track", 413)])
async def test_the_door_lets_large_bodies_through_only_where_files_are_taken(
    running_site: Site, browser: Browser, path: str, status: int
) -> None:
    """A file that is no photo is refused all the same, but by the service, when it has read the whole."""
    context = await browser.new_context()
    answer: Any = await context.request.post(
        running_site.url + path,
        multipart={"files": {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 2_000_000}},
        headers={"Origin": running_site.url},
    )
    assert answer.status == status
    await context.close()
