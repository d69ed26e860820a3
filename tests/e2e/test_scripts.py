"""What watches the scripts of the pages sees each way in which one can fail, and nothing else."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.scripts import WatchedBrowser
from tests.support.eventually import eventually

TESTS = Path(__file__).parents[1]
FAILING = {
    "an exception": "null.nothing",
    "a promise that nobody waits for": "Promise.reject(new TypeError('nothing'))",
    "an exception in an event": "setTimeout(() => null.nothing)",
    "what it says itself": "console.error('nothing')",
    "what its policy forbids": "document.body.style.setProperty('color', 'red'); eval('nothing')",
}


@pytest.mark.parametrize("script", FAILING.values(), ids=FAILING)
async def test_a_script_that_fails_is_noticed(browser: WatchedBrowser, script: str) -> None:
    page = await browser.new_page()
    policy = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'unsafe-inline'\">"
    await page.set_content(f"{policy}<body><script>{script}</script>")
    await eventually(lambda: browser.errors)
    browser.errors.clear()
    await page.context.close()


async def test_an_answer_that_does_not_come_is_no_failure_of_a_script(browser: WatchedBrowser) -> None:
    page = await browser.new_page()
    await page.set_content("<img src='http://127.0.0.1:9/' onerror='this.title = 1'>")
    await expect(page.get_by_title("1")).to_have_count(1)
    await page.context.close()


def test_no_other_browser_is_launched() -> None:
    launching = [file.name for file in TESTS.rglob("*.py") if "playwright()" in file.read_text()]
    assert launching == ["conftest.py", "test_scripts.py"]
