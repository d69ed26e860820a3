"""How government answers, in a browser behind the door: both languages, a phone and a desk, light and dark."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from shared.clock import utc_now
from shared.events.deadlines import PerformancePublished
from shared.events.directory import EntityChanged
from shared.events.model import Name
from sla_monitor.app import create_app
from sla_monitor.domain.performance import Count, span_of
from sla_monitor.record_store import RecordStore
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

from tests.e2e.citizen import Citizen
from tests.e2e.looking import Onlooker, Tools
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood
from tests.support.serving import listening
from tests.support.sla_monitor import HOUR, sla_monitor_settings

NAMES = {
    "works": Name(ar="وزارة الأشغال", en="Ministry of Works"),
    "ewa": Name(ar="هيئة الكهرباء والماء", en="Electricity and Water Authority"),
    "health": Name(ar="وزارة الصحة", en="Ministry of Health"),
}
FIGURES = {
    "works": {Count.RECEIVED: 1_412, Count.IN_TIME: 1_297, Count.LATE: 59, Count.REOPENED: 31, Count.TRANSFERRED: 44},
    "ewa": {Count.RECEIVED: 873, Count.IN_TIME: 841, Count.LATE: 7, Count.REOPENED: 9, Count.TRANSFERRED: 12},
    "health": {Count.RECEIVED: 240, Count.IN_TIME: 188, Count.LATE: 41, Count.RATINGS: 120, Count.POINTS: 516},
}


@pytest_asyncio.fixture(loop_scope="session")
async def door(
    chromium: str, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[tuple[str, RecordStore]]:
    async with neighbourhood(kafka_bootstrap) as neighbours:
        for id, name in NAMES.items():
            entity = EntityChanged(entity=id, name=name, kind="ministry", calendar="government")
            await neighbours.publish(f"entity:{id}", entity)
        settings = sla_monitor_settings(
            infrastructure, f"test_{uuid4().hex[:12]}", neighbours.settings.topic_prefix, "http://127.0.0.1:1"
        ).model_copy(update={"node_modules": NODE_MODULES})
        app = create_app(settings)
        async with listening(app) as url:
            port = free_port()
            # It serves the look that it shares with intake as well.
            upstreams = dict.fromkeys(("sla-monitor", "intake"), url.removeprefix("http://"))
            door = Running(Door(Port("door", port), upstreams, tmp_path / "door"), tmp_path / "log")
            try:
                await door.launch()
                await door.become_ready()
                directory = app.state.reference.directory
                await eventually(lambda: directory.entities.keys() >= NAMES.keys())
                yield f"http://localhost:{port}", app.state.record.store
            finally:
                await door.stop(5.0)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_everybody_sees_how_government_answers(
    language: str, door: tuple[str, RecordStore], browser: Browser, tools: Tools
) -> None:
    url, store = door
    context = await browser.new_context(locale=language)
    page = await context.new_page()
    person = Onlooker(page, tools, language, prefix="performance-")

    await page.goto(f"{url}/performance")
    await expect(page.locator("table")).to_have_count(0)
    await person.sees("empty")

    month = f"{utc_now():%Y-%m}"
    for entity, counts in FIGURES.items():
        about = f"{entity}/{month}/roads/complaint"
        changes = [(f"{about}/{what}", number) for what, number in counts.items()]
        times = [(f"{about}/t{span_of(hours * HOUR)}", 10) for hours in (3, 9, 22)]
        await store.differences.insert_one({"changes": [*changes, *times, (f"{entity}/now/roads/complaint/open", 24)]})

    async def are_there() -> bool:
        await page.reload()
        return await page.locator("tbody tr").count() == len(FIGURES)

    await eventually(are_there)
    await expect(page.locator("tbody th").first).to_have_text(getattr(NAMES["ewa"], language))
    await person.sees("year")
    assert person.faults == []
    await context.close()


async def test_the_start_page_says_how_government_answers(citizen: Citizen) -> None:
    year = utc_now().year
    figures = PerformancePublished(
        entity="ewa",
        period=str(year),
        received=873,
        answered_in_time=841,
        answered_late=7,
        target_share=0.95,
        answer_times=((61_200, 848),),
        working_day_seconds=26_100,
    )
    await citizen.site.neighbours.publish(f"ewa:{year}", figures)

    async def are_there() -> bool:
        await citizen.goes_to("/")
        return await citizen.page.locator(".figures").count() == 1

    await eventually(are_there)
    await citizen.sees("home-figures")
    assert await citizen.page.locator("a[href='/performance']").count() == 1
    assert citizen.faults == []
