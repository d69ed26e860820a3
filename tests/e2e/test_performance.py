"""How government answers, in a browser behind the door: both languages, a phone and a desk, light and dark."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, expect
from shared.events.deadlines import PerformancePublished
from shared.events.directory import AreaChanged, EntityChanged, Rings
from shared.events.model import Name, Role
from shared.http.session_cookie import Session, SessionKeys
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate
from sla_monitor.app import create_app
from sla_monitor.clocks.case_results import Count, span_of
from sla_monitor.performance.store import RecordStore
from tawasul import cli
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running
from typer.testing import CliRunner

from tests.e2e.citizen import Citizen
from tests.e2e.looking import Onlooker, Tools
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood
from tests.support.serving import listening
from tests.support.sla_monitor import (
    HOUR,
    SESSION_KEYS,
    SUNDAY_TO_THURSDAY,
    Life,
    a_calendar,
    a_policy,
    a_rulebook,
    a_triage_policy,
    assigned,
    in_charge,
    information,
    question,
    received,
    round_the_clock,
    sla_monitor_settings,
)


def square(west: float, south: float) -> Rings:
    east, north = west + 0.07, south + 0.06
    return (((west, south), (east, south), (east, north), (west, north), (west, south)),)


NAMES = {
    "works": Name(ar="وزارة الأشغال", en="Ministry of Works"),
    "ewa": Name(ar="هيئة الكهرباء والماء", en="Electricity and Water Authority"),
    "health": Name(ar="وزارة الصحة", en="Ministry of Health"),
    "roads": Name(ar="إدارة الطرق", en="Roads Directorate"),
}
PARENTS = {"roads": "works"}
PLACES = {"works": "capital", "ewa": "muharraq", "health": "capital"}
AREAS = [
    AreaChanged(area=id, name=Name(ar=ar, en=f"{en} Governorate"), polygon=square(*corner))
    for id, ar, en, corner in (
        ("capital", "محافظة العاصمة", "Capital", (50.53, 26.20)),
        ("muharraq", "محافظة المحرق", "Muharraq", (50.61, 26.24)),
        ("northern", "المحافظة الشمالية", "Northern", (50.45, 26.16)),
    )
]
EVERY_DAY = (*SUNDAY_TO_THURSDAY, "friday", "saturday")
FIGURES = {
    "works": {Count.RECEIVED: 1_412, Count.IN_TIME: 1_297, Count.LATE: 59, Count.REOPENED: 31, Count.TRANSFERRED: 44},
    "ewa": {Count.RECEIVED: 873, Count.IN_TIME: 841, Count.LATE: 7, Count.REOPENED: 9, Count.TRANSFERRED: 12},
    "health": {Count.RECEIVED: 240, Count.IN_TIME: 188, Count.LATE: 41, Count.RATINGS: 120, Count.POINTS: 516},
}


@pytest_asyncio.fixture(loop_scope="session")
async def door(
    chromium: str, infrastructure: Infrastructure, kafka_bootstrap: str, tmp_path: Path
) -> AsyncIterator[tuple[str, FastAPI]]:
    async with neighbourhood(kafka_bootstrap) as neighbours:
        for id, name in NAMES.items():
            entity = EntityChanged(entity=id, name=name, kind="ministry", calendar="government", parent=PARENTS.get(id))
            await neighbours.publish(f"entity:{id}", entity)
        for area in AREAS:
            await neighbours.publish(f"area:{area.area}", area)
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
                await eventually(
                    lambda: directory.entities.keys() >= NAMES.keys() and len(directory.areas) == len(AREAS)
                )
                yield f"http://localhost:{port}", app
            finally:
                await door.stop(5.0)


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_everybody_sees_how_government_answers(
    language: str, door: tuple[str, FastAPI], browser: Browser, tools: Tools
) -> None:
    url, app = door
    store: RecordStore = app.state.record.store
    context = await browser.new_context(locale=language)
    page = await context.new_page()
    person = Onlooker(page, tools, language, prefix="performance-")

    await page.goto(f"{url}/performance")
    await expect(page.locator("table")).to_have_count(0)
    await person.sees("empty")

    now = utc_now()
    months = range(1, now.month + 1)
    changes = [change for number in months for change in changes_of(f"{now.year}-{number:02}", number)]
    await store.differences.insert_one({"changes": changes})

    async def are_there() -> bool:
        await page.reload()
        return await page.locator("[aria-labelledby='entities-title'] tbody tr").count() == len(FIGURES)

    await eventually(are_there)
    first = page.locator("[aria-labelledby='entities-title'] tbody th").first
    await expect(first).to_have_text(getattr(NAMES["ewa"], language))
    await expect(page.locator("#in-time-by-month tbody tr")).to_have_count(now.month)
    await page.locator("#numbers-by-month-title").scroll_into_view_if_needed()
    await expect(page.locator(".plot canvas")).to_have_count(2)
    await page.locator("#areas-title").scroll_into_view_if_needed()
    await expect(page.locator(".map-reached")).to_have_count(1)
    await expect(page.locator(".map-missed")).to_have_count(1)
    await person.sees("year")
    assert person.faults == []
    await context.close()


def changes_of(month: str, number: int) -> Iterator[tuple[str, int]]:
    """Of one month, in each a little more than in the one before."""
    for entity, counts in FIGURES.items():
        about = f"{entity}/{month}/roads/complaint/{PLACES[entity]}"
        yield from ((f"{about}/{what}", count * number // 12 + 1) for what, count in counts.items())
        yield from ((f"{about}/t{span_of(hours * HOUR)}", 10) for hours in (3, 9, 22))
        yield f"{entity}/now/roads/complaint/{PLACES[entity]}/open", 2


@pytest.mark.full
async def test_the_report_of_a_month_is_printed_into_a_file_in_both_languages(
    door: tuple[str, FastAPI], tmp_path: Path
) -> None:
    url, app = door
    now = utc_now()
    month = f"{now:%Y-%m}"
    await app.state.record.store.differences.insert_one({"changes": list(changes_of(month, now.month))})
    await eventually(lambda: _is_counted(app, "works"))
    for language in ("ar", "en"):
        file = tmp_path / f"{language}.pdf"
        asked = ["report", month, "--entity", "works", "--language", language, "--url", url, "--output", str(file)]
        printed = await asyncio.to_thread(CliRunner().invoke, cli.app, asked)
        assert (printed.exit_code, printed.output) == (0, f"{file}\n")
        assert file.read_bytes().startswith(b"%PDF-")
        assert file.stat().st_size > 10_000
    refused = await asyncio.to_thread(CliRunner().invoke, cli.app, [*asked[:2], "--entity", "nobody", "--url", url])
    assert (refused.exit_code, "answers 404" in refused.output) == (1, True)


async def _is_counted(app: FastAPI, entity: str) -> bool:
    return bool(await app.state.record.store.knows(entity))


@pytest.mark.full
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_an_entity_begins_its_day_and_anybody_concerned_sees_how_a_deadline_came_about(
    language: str, door: tuple[str, FastAPI], browser: Browser, tools: Tools
) -> None:
    url, app = door
    now = utc_now().replace(microsecond=0)
    holiday = (now - timedelta(days=3)).date()
    calendars = [a_calendar(week=dict.fromkeys(EVERY_DAY, ("07:00-14:15",))), round_the_clock()]
    ladder = [{"to": "supervisor"}, {"to": "head", "after": "7h15m"}, {"to": "minister", "after": "14h30m"}]
    rulebook = a_rulebook(
        a_policy(ladder=ladder, remind_after="7h15m"), a_triage_policy(), calendars=calendars, holidays=[holiday]
    )
    await app.state.store.publish(rulebook, None)
    cases = []
    for number, days in enumerate((9, 6, 5, 5)):
        life, at = Life(rulebook, str(uuid4())), now - timedelta(days=days)
        life.hear(received(life.submission, received_at=at, reference=f"7KD3M-Q2X{number}A"), at)
        life.hear(assigned(life.submission), at + 2 * HOUR)
        life.hear(in_charge(life.submission, "works.officer" if number else "works.clerk"), at + 3 * HOUR)
        if number == 1:
            life.hear(question(life.submission, "q1"), at + timedelta(days=1))
            life.hear(information(life.submission, "q1"), at + timedelta(days=4))
        life.sweep_until(now)
        cases.append(StoredAggregate(life.submission, state=life.record, changed=True))
    await app.state.clocks.save(cases)
    await eventually(lambda: app.state.reference.rulebooks.newest is not None)

    context = await browser.new_context(locale=language)
    session = Session("s", "head.works", "Huda", frozenset({Role.HEAD}), "works", (), now + timedelta(minutes=15))
    await context.add_cookies([{"name": "tawasul", "value": SessionKeys(SESSION_KEYS).write(session), "url": url}])
    page = await context.new_page()
    person = Onlooker(page, tools, language, prefix="performance-")
    await page.goto(f"{url}/performance/entity")
    await expect(page.locator("div[aria-labelledby='people-title'] tbody tr")).to_have_count(2)
    await expect(page.locator("div[aria-labelledby='units-title'] tbody tr")).to_have_count(1)
    await person.sees("entity")
    await page.goto(f"{url}/performance/clocks/{cases[1].id}")
    await expect(page.locator(".timeline > li")).to_have_count(4)
    await person.sees("clock")
    assert person.faults == []
    await context.close()

    context = await browser.new_context(locale=language)
    session = Session("s", None, "", frozenset(), None, (cases[1].id,), now + timedelta(minutes=15))
    await context.add_cookies([{"name": "tawasul", "value": SessionKeys(SESSION_KEYS).write(session), "url": url}])
    page = await context.new_page()
    author = Onlooker(page, tools, language, prefix="performance-")
    await page.goto(f"{url}/performance/clocks/{cases[1].id}")
    await expect(page.locator(".timeline > li")).to_have_count(4)
    await expect(page.locator("#declared-title")).to_have_count(0)
    await author.sees("clock-of-author")
    assert author.faults == []
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
