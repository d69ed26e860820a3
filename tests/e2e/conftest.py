"""A browser and a site for it. Without Chromium these tests are skipped, and say so; `.ci/run` brings it.

Every story is told in Arabic and in English. `make test` has ten minutes: it tells most in Arabic, and those of LONG
not at all, whose pages its component tests ask for as well; `make test-full` tells all.
"""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect
from tawasul.stack.paths import NODE_MODULES, state_folder

from tests.e2e.citizen import Citizen
from tests.e2e.looking import Tools
from tests.e2e.scripts import WatchedBrowser
from tests.e2e.site import Site, site
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

ALWAYS = {"test_weight.py"}
LONG = {
    *("test_confirmation.py", "test_counter.py", "test_directory.py", "test_files.py", "test_place_and_catalogue.py"),
    *("test_inbox.py", "test_public.py", "test_questions.py", "test_sign_in_pages.py", "test_signed_in_citizen.py"),
    *("test_unsubscribing.py", "test_webhooks.py", "test_working_hours.py"),
}
LAST = "test_validity.py"
IS_THOROUGH = bool(os.environ.get("TAWASUL_TEST_THOROUGH"))
WITH_PICTURES_SECONDS = 600
"""Every page of a story in four pictures, on a machine that tests something else beside it."""
HERE = Path(__file__).parent

expect.set_options(timeout=30_000)
"""As long as Playwright waits for all else: a page takes seconds where two processes test on two slow cores."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        is_second = item.name.endswith("[en]") and item.path.name not in ALWAYS
        if item.path.parent == HERE and (is_second or item.path.name in LONG):
            item.add_marker(pytest.mark.full)
        if item.path.parent == HERE and IS_THOROUGH:
            item.add_marker(pytest.mark.timeout(WITH_PICTURES_SECONDS))
    items.sort(key=lambda item: item.path == HERE / LAST)


@pytest.fixture(scope="session")
def chromium() -> str:
    if CHROMIUM is None:
        pytest.skip("NO BROWSER TEST WAS RUN: there is no chromium (apt-get install chromium)")
    return CHROMIUM


@pytest.fixture(scope="session")
def tools(html: Path) -> Tools:
    file = NODE_MODULES / "axe-core" / "axe.min.js"
    if not file.exists():
        pytest.skip("NO ACCESSIBILITY TEST WAS RUN: there is no axe-core (npm ci)")
    pictures = state_folder() / "screenshots"
    pictures.mkdir(parents=True, exist_ok=True)
    return Tools(file.read_text(), html, pictures, is_thorough=IS_THOROUGH)


@pytest.fixture(scope="session")
def validator() -> Path:
    """The W3C's checker of HTML."""
    jar = NODE_MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists():
        pytest.skip("NO PAGE WAS VALIDATED: there is no vnu-jar (make test installs it)")
    return jar


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HTML that the server sent for every page that a story looked at."""
    return tmp_path_factory.mktemp("html")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running_site(
    chromium: str, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    async with (
        neighbourhood(kafka_bootstrap) as neighbours,
        site(infrastructure, neighbours, tmp_path_factory.mktemp("site")) as running,
    ):
        yield running


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[WatchedBrowser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield WatchedBrowser(launched)
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def no_script_fails(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Every test with a browser fails on what any script of any of its pages could not do."""
    if "browser" not in request.fixturenames:
        yield
        return
    watched: WatchedBrowser = request.getfixturevalue("browser")
    watched.errors.clear()
    yield
    assert watched.errors == [], "a script of a page failed"


@pytest_asyncio.fixture(loop_scope="session", params=["en", "ar"])
async def citizen(
    request: pytest.FixtureRequest, browser: Browser, running_site: Site, tools: Tools
) -> AsyncIterator[Citizen]:
    # The checks are ours and need a script; the pages get none: their policy forbids every one that is not a file.
    context: BrowserContext = await browser.new_context(locale=request.param, reduced_motion="reduce", bypass_csp=False)
    page = await context.new_page()
    yield Citizen(page, running_site, request.param, tools)
    await context.close()
