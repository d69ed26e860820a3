"""Hours and deadlines, and the administrator who changes them, in a browser: both languages, a phone and a desk."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from shared.events.directory import EntityChanged
from shared.events.topics import DEADLINES
from shared.reference.working_time import utc_now
from sla_monitor.app import create_app
from sla_monitor.calendar_admin.commands import next_rulebook
from sla_monitor.calendar_admin.model import CalendarsAndPolicies
from sla_monitor.calendars.public_holidays import holidays_of
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.snapshot import Rulebooks
from tawasul.demo.country import Country
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

from tests.e2e.looking import Onlooker, Tools
from tests.e2e.test_performance import NAMES
from tests.support.desk import a_session
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.serving import listening
from tests.support.sla_monitor import assigned, no_rulebooks, received, sla_monitor_settings


@dataclass
class Office:
    """The SLA monitor behind the door, with the sample country's calendars and policies."""

    url: str
    app: Any
    neighbours: Neighbours

    async def has_a_case(self) -> str:
        id = str(uuid4())
        await self.neighbours.publish(id, received(id), assigned(id))
        await self.neighbours.hear(DEADLINES, id, "DeadlineSet")
        return id


def the_country() -> Rulebook:
    body = CalendarsAndPolicies.model_validate_json(json.dumps(Country().calendars_and_policies(), default=str))
    rulebook = next_rulebook(
        body.calendars, body.policies, Rulebooks(no_rulebooks), holidays_of, utc_now(), "administrator", body.reason
    )
    assert rulebook is not None
    return rulebook


@pytest_asyncio.fixture(loop_scope="session")
async def office(
    chromium: str, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[Office]:
    async with neighbourhood(kafka_bootstrap) as neighbours:
        for id, name in NAMES.items():
            entity = EntityChanged(entity=id, name=name, kind="ministry", calendar="government")
            await neighbours.publish(f"entity:{id}", entity)
        url = f"http://localhost:{(port := free_port())}"
        prefix = neighbours.settings.topic_prefix
        settings = sla_monitor_settings(infrastructure, f"test_{uuid4().hex[:12]}", prefix, "http://127.0.0.1:1")
        app = create_app(settings.model_copy(update={"node_modules": NODE_MODULES, "public_url": url}))
        await app.state.store.publish(the_country(), None)
        async with listening(app) as inner:
            # It serves the look that it shares with intake as well.
            upstreams = dict.fromkeys(("sla-monitor", "intake"), inner.removeprefix("http://"))
            door = Running(Door(Port("door", port), upstreams, tmp_path / "door"), tmp_path / "log")
            try:
                await door.launch()
                await door.become_ready()
                await eventually(lambda: app.state.reference.rulebooks.newest is not None)
                await eventually(lambda: app.state.reference.directory.entities.keys() >= NAMES.keys())
                yield Office(url, app, neighbours)
            finally:
                await door.stop(5.0)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_an_administrator_announces_a_day_and_sees_first_what_moves(
    language: str, office: Office, browser: Browser, tools: Tools
) -> None:
    context = await browser.new_context(locale=language)
    page = await context.new_page()
    person = Onlooker(page, tools, language, prefix="hours-")
    await page.goto(f"{office.url}/working-hours")
    await person.sees("public")
    await expect(page.locator("a[href='/working-hours/change']")).to_have_count(0)

    session = a_session("administrator", "administrator", None, "Maryam Al-Doseri")
    cookie = office.app.state.session_keys.write(session)
    await context.add_cookies([{"name": "tawasul", "value": cookie, "url": office.url}])
    case = await office.has_a_case()
    await page.goto(f"{office.url}/working-hours")
    await page.click("a[href='/working-hours/change']")
    await person.sees("change")

    await page.click("form[action$='/announce'] button")
    await expect(page.locator(".error").first).to_be_visible()
    await person.sees("announce-faulty")
    person.expects(422)
    first = utc_now().date() + timedelta(days=1)
    await page.check("#calendar_government")
    await page.check("#calendar_utilities")
    await page.fill("#first", str(first))
    await page.fill("#last", str(first + timedelta(days=6)))
    await page.fill("#name_ar", "حداد رسمي")
    await page.fill("#name_en", "Official mourning")
    await page.check("#what")
    await page.click("form[action$='/announce'] button")
    await expect(page.locator("main")).to_contain_text(case)
    await person.sees("preview")
    await page.fill("#reason", "الديوان الملكي / Royal Court")
    await page.click("form[action$='/publish'] button")
    await expect(page.locator("[role='status']")).to_be_visible()
    await person.sees("published")

    async def is_reported() -> bool:
        await page.goto(f"{office.url}/working-hours/rulebooks/2")
        return case in await page.inner_text("main")

    await eventually(is_reported)
    await person.sees("report")
    await page.goto(f"{office.url}/working-hours/change")
    await page.fill("#text", "calendars: []\npolicies: []")
    await page.click("form[action$='/write'] button")
    await expect(page.locator("#faults")).to_be_visible()
    await person.sees("refused")
    person.expects(422)
    assert person.faults == []
    await context.close()
