"""Who looks after an entity's systems registers an endpoint in a browser, tests it, and reads what was sent."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e import notifier
from tests.e2e.looking import Onlooker, Tools
from tests.e2e.notifier import NotifierSite
from tests.support.desk import a_session
from tests.support.eventually import eventually
from tests.support.notifier import a_fact, an_id, received
from tests.support.webhooks import Receiver, a_receiver, answering

site = notifier.site


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as opened:
        yield opened


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_an_endpoint_is_registered_tested_and_followed(
    language: str, site: NotifierSite, receiver: Receiver, browser: Browser, tools: Tools
) -> None:
    context = await browser.new_context(locale=language)
    page = await context.new_page()
    person = Onlooker(page, tools, language, prefix="webhooks-")
    session = a_session("administrator", "administrator", None, "Maryam Al-Doseri")
    cookie = site.notifier.state.session_keys.write(session)
    await context.add_cookies([{"name": "tawasul", "value": cookie, "url": site.url}])

    await page.goto(f"{site.url}/inbox/webhooks")
    await person.sees("1-none")
    await page.fill("#url", "https://10.0.0.1/hooks")
    await page.select_option("#entity", "works")
    await page.check("#event-submission-assigned")
    await page.click("form[action='/inbox/webhooks'] button")
    await expect(page.locator("#url-error")).to_be_visible()
    await person.sees("2-refused")
    person.expects(422)
    await page.fill("#url", receiver.url())
    await page.click("form[action='/inbox/webhooks'] button")
    secret = await page.inner_text("#secret-title ~ p code")
    await person.sees("3-registered")

    await page.click("form[action$='/test'] button")
    await expect(page.locator("[role='status']")).to_be_visible()
    assert receiver.taken[0].verified_by(secret)["type"] == "webhook.test"
    await person.sees("4-tested")

    receiver.verdicts.append(answering(410))
    id = an_id()
    await site.neighbours.publish(id, received(id), a_fact("SubmissionAssigned", id))
    await eventually(lambda: receiver.refused)

    async def _is_paused() -> bool:
        await page.goto(page.url.partition("?")[0].removesuffix("/test"))
        return await page.locator("form[action$='/resume']").count() == 2

    await eventually(_is_paused)
    await person.sees("5-paused")
    await page.click("form[action$='/resume'] >> nth=0 >> button")
    await eventually(lambda: len(receiver.taken) == 2)
    await page.click("form[action$='/replay'] button")
    await expect(page.locator("#first-error")).to_be_visible()
    person.expects(422)
    await page.goto(f"{site.url}/inbox/webhooks")
    await person.sees("6-list")
    await page.click("main .case a")
    await page.click("form[action$='/remove'] button")
    await expect(page.locator("main .case")).to_have_count(0)
    assert person.faults == []
    await context.close()
