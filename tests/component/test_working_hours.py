"""Hours and deadlines as pages and files, and the administrator's way from a form over its preview to what holds."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
import yaml
from fastapi import FastAPI
from icalendar import Calendar
from shared.events.topics import DEADLINES
from sla_monitor.clocks.store import CLOCKS

from tests.support import one_sla_monitor
from tests.support.desk import A_PERSON, OWN_PAGE, AtTheDesk
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import API, publish
from tests.support.sla_monitor import a_calendar, a_policy, a_rulebook_body, a_triage_policy, assigned, received

settings, app, client = one_sla_monitor.settings, one_sla_monitor.app, one_sla_monitor.client
administrator, central = one_sla_monitor.administrator, one_sla_monitor.central

Client = httpx2.AsyncClient
AT = "/working-hours/change"
LOOK = f"{AT}/preview"
FAR = date(2030, 5, 6)
LONG_NAME = "يوم حداد رسمي تعلن فيه الحكومة إغلاق جميع الوزارات والهيئات والمؤسسات الحكومية في المملكة"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(app: FastAPI, client: Client) -> AsyncIterator[AtTheDesk]:
    async with AtTheDesk(app, "admin", "administrator", None) as person:
        yield person


async def held(client: Client) -> dict[str, Any]:
    return {each["id"]: each for each in (await client.get(f"{API}/calendars")).json()["items"]}


async def publishes(desk: AtTheDesk, preview: httpx2.Response, reason: str = "It was announced") -> httpx2.Response:
    """The preview's own form."""
    assert preview.status_code == 200, preview.text
    text = unescape(re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', preview.text, re.S)[1])  # type: ignore[index]
    return await desk.sends(preview.text, f"{AT}/publish", text=text, reason=reason)


async def test_everybody_reads_hours_and_deadlines_in_both_languages(
    client: Client, administrator: dict[str, str]
) -> None:
    empty = await client.get("/working-hours", headers=A_PERSON)
    assert (empty.status_code, "were published yet" in empty.text) == (200, True)
    assert (await client.get("/working-hours/rules.yaml")).status_code == 404
    await publish(client, administrator)
    english, arabic = [
        (await client.get("/working-hours", headers=A_PERSON | {"Accept-Language": lang})).text for lang in ("en", "ar")
    ]
    assert "Hours and deadlines" in english
    assert "Open now." in english
    assert 'dir="rtl"' in arabic
    assert "الدوام والمواعيد" in arabic
    assert AT not in english


async def test_the_files_are_what_holds(client: Client, desk: AtTheDesk, administrator: dict[str, str]) -> None:
    await publish(client, administrator)
    file = await client.get("/working-hours/utilities.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    assert Calendar.from_ical(file.content).walk("VEVENT")
    assert (await client.get("/working-hours/nobody.ics")).status_code == 404
    rules = await client.get("/working-hours/rules.yaml")
    document = yaml.safe_load(rules.content)
    assert [each["id"] for each in document["calendars"]] == ["government", "utilities"]
    # It is taken back as it is, and changes nothing.
    again = yaml.safe_dump({**document, "reason": "the same"}, allow_unicode=True)
    headers = administrator | {"Content-Type": "application/yaml"}
    answer = await client.put(f"{API}/calendars-and-policies", content=again.encode(), headers=headers)
    assert (answer.status_code, answer.json()["changed"]) == (200, False)
    broken = await client.put(f"{API}/calendars-and-policies", content=b"a: [", headers=headers)
    assert (broken.status_code, broken.json()["errors"][0]["code"]) == (422, "yaml")


async def test_a_closure_is_announced_looked_at_and_published(
    client: Client,
    desk: AtTheDesk,
    neighbours: Neighbours,
    administrator: dict[str, str],
    mongo_database: Database,
) -> None:
    await publish(client, administrator, answer="8h")
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    [set_] = await neighbours.hear(DEADLINES, submission, "DeadlineSet")
    day = set_.data.due_at.date()
    typed = {"calendar_utilities": "yes", "first": str(day), "name_ar": LONG_NAME, "name_en": "Mourning"}
    preview = await desk.sends(await desk.opens(AT), f"{LOOK}/announce", what="closed", **typed)
    assert "The due time of 1 open case would move." in preview.text
    assert submission in preview.text
    assert (await held(client))["utilities"]["special"] == []

    published = await publishes(desk, preview)
    assert (published.status_code, published.headers["location"]) == (303, f"{AT}?did=publish")
    [special] = (await held(client))["utilities"]["special"]
    assert (special["first"], special["last"], special["name"]["ar"]) == (str(day), str(day), LONG_NAME)
    assert (await held(client))["government"]["special"] == []
    [*_, moved] = await neighbours.hear(DEADLINES, submission, "DeadlineMoved")
    assert moved.data.reason == "calendar_changed"
    page = await desk.opens(f"{AT}?did=publish")
    assert "It is published." in page
    assert "It was announced" in page
    report = await desk.opens("/working-hours/rulebooks/2")
    assert (submission in report, "more may follow" in report) == (True, False)

    # As by rules that are not here yet: it is told later.
    moved_by_others = {"state.rulebook": 99, "state.moved_from": set_.data.due_at}
    await mongo_database[CLOCKS].update_one({"_id": submission}, {"$set": moved_by_others})
    assert "more may follow" in await desk.opens("/working-hours/rulebooks/2")
    first = await desk.opens("/working-hours/rulebooks/1")
    assert ("more may follow" in first, "<p>None.</p>" in first) == (True, False)


async def test_other_hours_and_a_holiday_that_was_moved_away(
    client: Client, desk: AtTheDesk, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    page = await desk.opens(AT)
    named = {"calendar_utilities": "yes", "name_ar": "رمضان", "name_en": "Ramadan", "first": str(FAR)}
    hours = await desk.sends(
        page, f"{LOOK}/announce", what="hours", hours="08:00-12:00، 13:00-14:00", last="2030-06-04", **named
    )
    await publishes(desk, hours)
    usual = await desk.sends(await desk.opens(AT), f"{LOOK}/announce", what="usual", estimate="yes", **named)
    await publishes(desk, usual)
    ramadan, moved = (await held(client))["utilities"]["special"]
    assert ramadan["week"]["friday"] == ["08:00-12:00", "13:00-14:00"]
    assert (moved["on_holidays"], moved["estimate"], moved["week"]["friday"]) == ("open", True, ["00:00-24:00"])


async def test_a_day_in_lieu_counts_once_it_was_decided(
    client: Client, desk: AtTheDesk, administrator: dict[str, str]
) -> None:
    calendar = a_calendar(holidays="BH", in_lieu={"weekdays": ["thursday", "friday", "saturday"]})
    body = a_rulebook_body(a_policy(), a_triage_policy(), calendars=[calendar, *one_sla_monitor.UTILITIES])
    assert (await client.put(f"{API}/calendars-and-policies", json=body, headers=administrator)).status_code == 200
    proposed = (await held(client))["government"]["proposed_days_in_lieu"]
    assert proposed
    first = proposed[0]
    await publishes(desk, await desk.sends(await desk.opens(AT), f"{LOOK}/decide", day=first["day"], gives="yes"))
    [decided] = (await held(client))["government"]["in_lieu"]["decided"]
    assert (decided["holiday"], decided["day"]) == (first["holiday"], first["day"])
    refused = await desk.sends(await desk.opens(AT), f"{LOOK}/decide", gives="no")
    await publishes(desk, refused)
    decisions = (await held(client))["government"]["in_lieu"]["decided"]
    assert [each["day"] is None for each in decisions] == [False, True]
    remaining = (await held(client))["government"]["proposed_days_in_lieu"]
    assert first["holiday"] not in {each["holiday"] for each in remaining}


def a_file_of_closures(days: Sequence[date]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for day in days:
        lines += ["BEGIN:VEVENT", f"UID:{day}", "SUMMARY:Fair", f"DTSTART;VALUE=DATE:{day:%Y%m%d}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


async def test_a_calendar_file_is_taken_over(client: Client, desk: AtTheDesk, administrator: dict[str, str]) -> None:
    await publish(client, administrator)
    content = a_file_of_closures([FAR])
    token = re.search(r'name="form_token" value="([^"]+)"', await desk.opens(AT))[1]  # type: ignore[index]

    async def sends(file: bytes) -> httpx2.Response:
        data = {"form_token": token, "calendar": "utilities"}
        files = {"file": ("days.ics", file, "text/calendar")}
        return await desk.post(f"{LOOK}/import", data=data, files=files, headers=A_PERSON | OWN_PAGE)

    await publishes(desk, await sends(content))
    [special] = (await held(client))["utilities"]["special"]
    assert (special["first"], special["week"], special["name"]["en"]) == (str(FAR), None, "Fair")
    many = a_file_of_closures([FAR + timedelta(days=7 * number) for number in range(501)])
    too_many = "Tuple should have at most 500 items"
    for file, said in ((b"nonsense", "This is no iCalendar file."), (b"", "Choose a file."), (many, too_many)):
        refused = await sends(file)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert "Nothing would change" in (await sends(content)).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text": "calendars: ["}, "This is no YAML."),
        ({"text": "[]"}, "no calendars and policies in it"),
        ({"text": "calendars: []\npolicies: []"}, "Exactly one calendar is the default."),
        ({"text": "calendars: []\npolicies: []\nlunar: 1"}, "lunar"),
    ],
)
async def test_what_is_faulty_is_refused_whole_and_what_was_typed_stays(
    typed: dict[str, str], said: str, client: Client, desk: AtTheDesk, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    refused = await desk.sends(await desk.opens(AT), f"{LOOK}/write", **typed)
    assert refused.status_code == 422
    assert said in refused.text
    assert typed["text"].splitlines()[0] in refused.text
    assert (await client.get(f"{API}/calendars")).json()["version"] == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Choose at least one calendar."),
        ({"calendar_utilities": "yes", "first": "tomorrow"}, "Write the day"),
        ({"calendar_utilities": "yes", "first": "2030-05-06", "what": "hours"}, "Write the hours"),
        ({"calendar_utilities": "yes", "first": "2030-05-06", "what": "hours", "hours": "8 to 12"}, "Write the hours"),
        (
            {"calendar_utilities": "yes", "first": "2030-05-06", "last": "2030-05-01"},
            "The range ends before it begins.",
        ),
    ],
)
async def test_an_announcement_that_is_not_right_yet_says_what_is_missing(
    typed: dict[str, str], said: str, client: Client, desk: AtTheDesk, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    named = {"name_ar": LONG_NAME, "name_en": "Mourning", "what": "closed"}
    refused = await desk.sends(await desk.opens(AT), f"{LOOK}/announce", **named | typed)
    assert (refused.status_code, said in refused.text) == (422, True), refused.text
    assert LONG_NAME in refused.text


async def test_publishing_asks_why_and_refuses_what_others_changed_meanwhile(
    client: Client, desk: AtTheDesk, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    typed = {"calendar_utilities": "yes", "first": str(FAR), "name_ar": "س", "name_en": "Closed", "what": "closed"}
    preview = await desk.sends(await desk.opens(AT), f"{LOOK}/announce", **typed)
    silent = await publishes(desk, preview, reason="")
    assert (silent.status_code, "Say why" in silent.text) == (422, True)
    await publish(client, administrator, answer="9h")
    late = await publishes(desk, preview)
    assert late.status_code == 412


async def test_publishing_twice_is_publishing_once(
    client: Client, desk: AtTheDesk, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    typed = {"calendar_utilities": "yes", "first": str(FAR), "name_ar": "س", "name_en": "Closed", "what": "closed"}
    preview = await desk.sends(await desk.opens(AT), f"{LOOK}/announce", **typed)
    both = await asyncio.gather(publishes(desk, preview), publishes(desk, preview))
    later = await publishes(desk, preview)
    assert [answer.status_code for answer in (*both, later)] == [303, 303, 303]
    assert len((await held(client))["utilities"]["special"]) == 1
    assert (await client.get(f"{API}/calendars")).json()["version"] == 2


async def test_yaml_is_read_of_administrators_only(
    client: Client, administrator: dict[str, str], central: dict[str, str]
) -> None:
    yaml_is_sent = {"Content-Type": "application/yaml"}
    for sender, status in (({}, 401), (central, 403), (administrator, 422)):
        sent = await client.put(f"{API}/calendars-and-policies", content=b"a: [", headers=yaml_is_sent | sender)
        assert sent.status_code == status, sent.text


async def test_only_an_administrator_changes_anything(app: FastAPI, client: Client) -> None:
    for role, status in (("central", 403), ("head", 403), ("citizen", 403)):
        async with AtTheDesk(app, "somebody", role, "works") as person:
            await person.opens(AT, status)
            for address in (f"{LOOK}/write", f"{AT}/publish"):
                typed = {"text": "x", "reason": "It was announced", "form_token": person.form_token}
                sent = await person.post(address, data=typed, headers=A_PERSON | OWN_PAGE)
                assert (sent.status_code, "You may not see or do this." in sent.text) == (403, True)
            # A report is for the central office too, and there is none yet.
            await person.opens("/working-hours/rulebooks/1", 404 if role == "central" else 403)
    assert (await client.get(AT, headers=A_PERSON)).status_code == 401
    foreign = {**A_PERSON, "Sec-Fetch-Site": "cross-site", "Origin": "http://elsewhere"}
    async with AtTheDesk(app, "admin", "administrator", None) as person:
        typed = {"text": "x", "reason": "It was announced", "form_token": person.form_token}
        assert (await person.post(f"{AT}/publish", data=typed, headers=foreign)).status_code == 403
