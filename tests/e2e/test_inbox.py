"""The inbox as an official and as the author with a secret link read it; it shows by itself what comes meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from shared.events.model import Role

from tests.e2e.looking import Onlooker, Tools
from tests.e2e.notifier import NotifierSite, a_page, notifier_site
from tests.e2e.pushing import clicked, is_shown, takes_pushes
from tests.e2e.site import Site
from tests.support.browsers import PushingBrowser
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood
from tests.support.notifier import a_contact, a_fact, an_id, received
from tests.support.webhooks import a_receiver

ANSWERS = {"en": "The lamp was replaced this morning.", "ar": "استُبدل المصباح صباح اليوم."}


TITLES = {"en": "A new complaint for your entity", "ar": "طلب جديد لجهتكم"}


@pytest_asyncio.fixture(loop_scope="session")
async def site(
    running_site: Site, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[NotifierSite]:
    """With the app of intake, whose service worker shows what is pushed."""
    async with (
        neighbourhood(kafka_bootstrap) as neighbours,
        notifier_site(infrastructure, neighbours, tmp_path, running_site.upstream) as running,
    ):
        yield running


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
    await page.locator("fieldset:has(#assignment-mail) summary").click()
    await page.select_option("#assignment-OfficialsMentioned-mail", "now")
    await page.click("main form .button")
    await expect(page.locator("main [role=status]")).to_be_visible()
    await expect(page.locator("#assignment-mail")).to_have_value("daily")
    await expect(page.locator("#assignment-OfficialsMentioned-mail")).to_have_value("now")
    await expect(page.locator("#assignment-OfficialsMentioned-mail")).to_be_visible()
    await officer.sees("4-preferences")
    await _told_on_this_device(site, officer)
    assert officer.faults == []
    await page.context.close()

    page = await a_page(browser, site, language, None, "", scope=id)
    author = Onlooker(page, tools, language, prefix="inbox-")
    await page.goto(f"{site.url}/inbox")
    await site.neighbours.publish(id, a_fact("SubmissionAnswered", id, text=ANSWERS[language]))
    await expect(page.locator(".case").first).to_contain_text(ANSWERS[language])
    await author.sees("7-by-secret-link")
    assert author.faults == []
    await page.context.clear_cookies()
    await page.goto(f"{site.url}/inbox")
    author.expects(401)
    await author.sees("8-nobody")
    author.expects(401)
    assert author.faults == []
    await page.context.close()


async def _told_on_this_device(site: NotifierSite, officer: Onlooker) -> None:
    """But for the push service itself, which is in the internet: its part is played here, from what the page registers
    with it to what the browser's service worker is given."""
    id, page, language = an_id(), officer.page, officer.language
    section = page.locator("[data-push-key]")
    async with a_receiver() as service:
        own = PushingBrowser(service.url("/send/one"))
        await takes_pushes(page, own)
        await page.goto(f"{site.url}/inbox")
        await section.locator("[data-push-line=off] [data-push-start]").click()
        await expect(section.locator("[data-push-line=denied]")).to_be_visible()
        await officer.sees("5-not-allowed-on-this-device")
        await page.context.grant_permissions(["notifications"], origin=site.url)
        await page.reload()
        await section.locator("[data-push-line=off] [data-push-start]").click()
        await expect(section.locator("[data-push-stop]")).to_be_visible()
        await officer.sees("6-on-this-device")

        await site.neighbours.publish(f"{id}/author", a_contact(id, language))
        await site.neighbours.publish(id, received(id, language=language), a_fact("SubmissionAssigned", id))
        await eventually(lambda: service.taken)
        shown = await is_shown(page, site.url, own.opened(service.taken[0].body))
        assert (shown["title"], shown["body"], shown["lang"]) == (TITLES[language], "7K3MX-QPA42", language)
        assert shown["dir"] == ("rtl" if language == "ar" else "ltr")
        assert await clicked(page) == [f"{site.url}/desk/7K3MX-QPA42"]

        await expect(page.locator(".case.unread")).to_have_count(1)
        await section.locator("[data-push-stop]").click()
        await expect(section.locator("[data-push-line=off] [data-push-start]")).to_be_visible()
        await site.neighbours.publish(id, a_fact("DeadlineApproaching", id))
        await expect(page.locator(".case.unread")).to_have_count(2)
        assert len(service.taken) == 1
