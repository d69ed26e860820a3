"""An administrator's day in a browser, in both languages: a change, its comparison, publishing, the history."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.desk import DeskSite, desk_site
from tests.e2e.looking import Onlooker, Tools
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood

WORDS = {
    "en": "The ministry has a new address.",
    "ar": "تغيّر عنوان بريد الوزارة ابتداءً من هذا الأسبوع.",
}
Administration = tuple[str, DeskSite, Onlooker]


@pytest_asyncio.fixture(loop_scope="session", params=["en", "ar"])
async def administration(
    request: pytest.FixtureRequest,
    browser: Browser,
    tools: Tools,
    infrastructure: Infrastructure,
    kafka_bootstrap: str,
    tmp_path: Path,
) -> AsyncIterator[Administration]:
    async with neighbourhood(kafka_bootstrap) as neighbours, desk_site(infrastructure, neighbours, tmp_path) as site:
        context = await browser.new_context(locale=request.param, reduced_motion="reduce")
        cookie = site.cookie("administrator.central-office")
        await context.add_cookies([{"name": "tawasul", "value": cookie, "url": site.url}])
        page = await context.new_page()
        yield request.param, site, Onlooker(page, tools, request.param, prefix="directory-")
        await context.close()


async def test_a_day_of_an_administrator(administration: Administration) -> None:
    language, site, reader = administration
    page, at = reader.page, f"{site.url}/desk/directory"
    await page.goto(at)
    await reader.sees("1-nothing-drafted")
    await page.click('a[href="/desk/directory/entities"]')
    await reader.sees("2-entities")
    await page.click('a[href="/desk/directory/entities/works"]')
    await page.fill("#email", "roads@works.example")
    await reader.sees("3-entity")
    await page.click('form[action="/desk/directory/entities/works"] button >> nth=0')
    await expect(page.locator(".notice")).to_be_visible()
    for list in ("categories", "rules", "officials"):
        await page.goto(f"{at}/{list}")
        await reader.sees(f"4-{list}")
    await page.goto(f"{at}/rules/potholes")
    await reader.sees("5-rule")
    await page.goto(at)
    await expect(page.get_by_text("roads@works.example")).to_be_visible()
    await reader.sees("6-drafted")
    await page.goto(f"{at}/trial")
    await reader.sees("6-trial")
    await page.goto(at)
    await page.fill("#why", WORDS[language])
    await page.click('form[action="/desk/directory/publish"] button')
    await expect(page.get_by_text(WORDS[language])).to_be_visible()
    await page.goto(f"{at}/history")
    await reader.sees("7-history")
    await page.click('a[href="/desk/directory/history/2"]')
    await expect(page.get_by_text("roads@works.example")).to_be_visible()
    await reader.sees("8-version")
    assert reader.faults == []
