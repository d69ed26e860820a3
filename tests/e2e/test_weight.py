"""What home and the form weigh on the way to a browser that has nothing of them, and how soon they show something."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.e2e.site import Site
from tests.support.eventually import eventually
from tests.support.telling import tell

LARGEST = 120 * 1024
SLOWER = 4
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
OF_MAPS = ("/leaflet.", "/areas.geojson", "/tiles/")
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("path", ["/", "/submissions/new"])
async def test_a_first_visit_costs_at_most_120_kb(
    running_site: Site, browser: Browser, request: pytest.FixtureRequest, path: str, language: str
) -> None:
    """Everything counts that was transferred, headers too, as it was compressed on the way; a map comes when it is
    looked at, and does not."""
    context = await browser.new_context(locale=language, service_workers="block")
    page = await context.new_page()
    chromium = await context.new_cdp_session(page)
    asked: dict[str, str] = {}
    came: list[float] = []

    def _asked(told: dict[str, Any]) -> None:
        asked[told["requestId"]] = told["request"]["url"]

    def _finished(told: dict[str, Any]) -> None:
        if not any(part in asked.get(told["requestId"], "") for part in OF_MAPS):
            came.append(told["encodedDataLength"])

    chromium.on("Network.requestWillBeSent", _asked)
    chromium.on("Network.loadingFinished", _finished)
    await chromium.send("Network.enable")
    await chromium.send("Network.emulateNetworkConditions", LINE)
    await chromium.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await page.goto(running_site.url + path, wait_until="networkidle")
    await eventually(lambda: page.evaluate(FIRST_PAINT))  # waiting in the page takes `eval`, which its policy forbids
    painted = await page.evaluate(FIRST_PAINT)
    # What is painted asks for its fonts; until then the line looks idle.
    await page.evaluate("document.fonts.ready.then(() => undefined)")
    await page.wait_for_load_state("networkidle")
    fonts = await page.evaluate("[...document.fonts].filter((face) => face.status === 'loaded').length")
    await context.close()
    weight = f"{sum(came) / 1024:.1f} KB in {len(came)} answers"
    tell(request.config, f"{path} ({language}): {weight}, first paint {painted:.0f} ms")
    assert fonts >= 2
    assert sum(came) <= LARGEST
