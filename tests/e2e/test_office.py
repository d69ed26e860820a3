"""The central office looks at what goes out and sends it again; an administrator changes the words of a mail."""

import pytest
from playwright.async_api import Browser, expect
from shared.events.model import Role

from tests.e2e import notifier
from tests.e2e.looking import Onlooker, Tools
from tests.e2e.notifier import NotifierSite, a_page
from tests.support.eventually import eventually
from tests.support.notifier import a_contact, a_fact, an_id, an_official, received
from tests.support.post_office import answering

site = notifier.site

WHY = {"en": "The address was mended.", "ar": "صُحّح العنوان."}
BODY = {"en": "We have it now. Thank you.", "ar": "وصلنا طلبكم، وشكرًا لكم."}


@pytest.mark.full
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_a_message_is_sent_again_and_its_words_are_changed(
    language: str, site: NotifierSite, browser: Browser, tools: Tools
) -> None:
    await site.neighbours.publish("official:admin.one", an_official("admin.one", "central-office", "central"))
    id = an_id()
    site.office.verdicts.append(answering("554 not today"))
    await site.neighbours.publish(f"{id}/author", a_contact(id, language))
    await site.neighbours.publish(id, received(id, language=language))
    await eventually(lambda: site.office.refused)
    await site.neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await eventually(lambda: len(site.office.mails) >= 3)
    name = {"en": "Central office", "ar": "المكتب المركزي"}[language]
    page = await a_page(browser, site, language, "admin.one", name, Role.CENTRAL, Role.ADMINISTRATOR)
    person = Onlooker(page, tools, language, prefix="office-")

    await page.goto(f"{site.url}/inbox/deliveries")
    await person.sees("1-deliveries")
    await page.goto(f"{site.url}/inbox/deliveries?state=permanent-failure&submission=7K3MX-QPA42")
    await page.locator(".desk-row a").first.click()
    await page.click("main .desk-todo button")
    person.expects(422)
    await expect(page.locator("#errors")).to_be_visible()
    await page.fill("#why", WHY[language])
    await page.click("main .desk-todo button")
    await expect(page.locator("[role=status]")).to_be_visible()
    await person.sees("2-sent-again")

    await page.goto(f"{site.url}/inbox/wording")
    await person.sees("3-wording")
    await page.goto(f"{site.url}/inbox/wording/template/received?submission=7K3MX-QPA42")
    await page.fill(f"#{language}-body", "{{ nmae }}")
    await page.locator("main form[method=post] .button").first.click()
    await expect(page.locator("#wrong")).to_be_visible()
    await person.sees("4-template-with-a-fault")
    await page.fill(f"#{language}-body", BODY[language])
    await page.locator("main form[method=post] .button").first.click()
    await expect(page.locator("#wrong")).to_have_count(0)
    await page.goto(f"{site.url}/inbox/wording/row?place=0")
    await person.sees("5-row")
    await page.goto(f"{site.url}/inbox/wording")
    await page.fill("#why", WHY[language])
    await page.click("main .desk-todo button")
    await expect(page.locator("[role=status]")).to_be_visible()
    await page.goto(f"{site.url}/inbox/wording/history")
    await person.sees("6-history")
    person.expects(422)
    assert person.faults == []
    await page.context.close()
