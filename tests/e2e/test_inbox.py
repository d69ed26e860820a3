"""The inbox as an official and as the author with a secret link read it; it shows by itself what comes meanwhile."""

import pytest
from playwright.async_api import Browser, expect
from shared.events.model import Role

from tests.e2e import notifier
from tests.e2e.looking import Onlooker, Tools
from tests.e2e.notifier import NotifierSite, a_page
from tests.support.notifier import a_contact, a_fact, an_id, received

site = notifier.site

ANSWERS = {"en": "The lamp was replaced this morning.", "ar": "استُبدل المصباح صباح اليوم."}


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_what_is_told_is_shown_at_once_and_marked_read(
    language: str, site: NotifierSite, browser: Browser, tools: Tools
) -> None:
    id = an_id()
    name = {"en": "Noor Hassan", "ar": "نور حسن عبدالرحمن آل محمود"}[language]
    page = await a_page(browser, site, language, f"officer.{'one' if language == 'en' else 'two'}", name, Role.OFFICER)
    officer = Onlooker(page, tools, language, prefix="inbox-")
    await page.goto(f"{site.url}/inbox")
    await officer.sees("1-empty")

    await site.neighbours.publish(f"{id}/author", a_contact(id, language))
    await site.neighbours.publish(id, received(id, language=language), a_fact("SubmissionAssigned", id))
    await expect(page.locator(".case.unread")).to_have_count(1)
    await site.neighbours.publish(id, a_fact("DeadlineApproaching", id), a_fact("InformationAdded", id))
    await expect(page.locator(".case.unread")).to_have_count(3)
    await page.locator(".case button.quiet").first.click()
    await expect(page.locator(".case.unread")).to_have_count(2)
    await officer.sees("2-of-an-official")
    await page.locator("form[action='/inbox/read'] button").click()
    await expect(page.locator(".case.unread")).to_have_count(0)
    await officer.sees("3-read")
    await page.click("main a[href='/inbox/preferences']")
    await page.select_option("#assignment-mail", "daily")
    await page.click("main form .button")
    await expect(page.locator("main [role=status]")).to_be_visible()
    await expect(page.locator("#assignment-mail")).to_have_value("daily")
    await officer.sees("4-preferences")
    assert officer.faults == []
    await page.context.close()

    page = await a_page(browser, site, language, None, "", scope=id)
    author = Onlooker(page, tools, language, prefix="inbox-")
    await page.goto(f"{site.url}/inbox")
    await site.neighbours.publish(id, a_fact("SubmissionAnswered", id, text=ANSWERS[language]))
    await expect(page.locator(".case").first).to_contain_text(ANSWERS[language])
    await author.sees("5-by-secret-link")
    assert author.faults == []
    await page.context.clear_cookies()
    await page.goto(f"{site.url}/inbox")
    author.expects(401)
    await author.sees("6-nobody")
    author.expects(401)
    assert author.faults == []
    await page.context.close()
