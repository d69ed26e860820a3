"""The reader of a mail stops such mails in a browser, without signing in, and what a mail looks like."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e import notifier
from tests.e2e.looking import Onlooker, Tools
from tests.e2e.notifier import NotifierSite
from tests.support.eventually import eventually
from tests.support.notifier import a_contact, an_id, received

site = notifier.site


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_mail_is_stopped_and_started_from_the_mail(
    language: str, site: NotifierSite, browser: Browser, tools: Tools
) -> None:
    id = an_id()
    await site.neighbours.publish(f"{id}/author", a_contact(id, language))
    await site.neighbours.publish(id, received(id, language=language))
    await eventually(lambda: site.office.mails)
    context = await browser.new_context(locale="de")
    page = await context.new_page()
    person = Onlooker(page, tools, language, prefix="unsubscribe-")

    await page.goto(str(site.office.mails[0].message["List-Unsubscribe"]).strip("<>"))
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await person.sees("1-asked")
    for step, (choice, button) in enumerate((("this", "resume"), ("resume", "this"), ("all", "resume")), start=2):
        await page.click(f"main button[value={choice}]")
        await expect(page.locator(f"main button[value={button}]")).to_be_visible()
        await person.sees(f"{step}-{choice}")
    await page.click("main button[value=resume]")
    await page.click("main a[href$='/choices']")
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await person.sees("5-choices")
    await page.uncheck("#progress-mail")
    await page.fill("#quiet-start", "08:00")
    await page.check("#quiet-own")
    await page.click("main form button")
    await expect(page.locator("#quiet-error")).to_be_visible()
    await expect(page.locator("#progress-mail")).not_to_be_checked()
    person.expects(422)
    await page.fill("#quiet-start", "22:00")
    await page.click("main form button")
    await expect(page.locator("main [role=status]")).to_be_visible()
    await expect(page.locator("#progress-mail")).not_to_be_checked()
    await person.sees("6-chosen")
    assert person.faults == []
    await context.close()
