"""The record of the entities, on real Kafka and MongoDB: what it says while facts come in, and what others are told."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import create_model
from shared.aggregates import Aggregates, Conflict, Decision
from shared.events.directory import EntityChanged, OfficialChanged
from shared.events.envelope import Cause
from shared.events.model import Name, Role
from shared.topics import DEADLINES
from sla_monitor.app import create_app
from sla_monitor.command_line import run
from sla_monitor.domain.award import Period
from sla_monitor.domain.record import ClockRecord
from sla_monitor.repository import CLOCKS, SOURCE
from sla_monitor.settings import SlaMonitorSettings
from sla_monitor.use_cases.award import Awards, reproduced
from sla_monitor.use_cases.performance import Record
from sla_monitor.use_cases.recount import ALL, COUNTING, recount

from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.sla_monitor import (
    NAME,
    a_policy,
    a_rulebook_body,
    a_triage_policy,
    answered,
    assigned,
    confidential,
    in_charge,
    question,
    received,
    reopened,
    round_the_clock,
    sla_monitor_settings,
    transferred,
)

API = "/api/sla-monitor/v1"
YEAR = datetime.now(UTC).year

Client = httpx2.AsyncClient


@pytest.fixture
def app(infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider) -> FastAPI:
    settings: SlaMonitorSettings = sla_monitor_settings(
        infrastructure, mongo_database.name, topic_prefix, provider.issuer, figures_every_seconds=0.2
    )
    return create_app(settings)


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI, neighbours: Neighbours, provider: Provider) -> AsyncIterator[Client]:
    for id, head in (("works", "the.head"), ("health", None)):
        entity = EntityChanged(
            entity=id, name=Name.model_validate(NAME), kind="ministry", calendar="utilities", head=head
        )
        await neighbours.publish(f"entity:{id}", entity)
    official = OfficialChanged(
        official="the.head", name=Name.model_validate(NAME), entity="works", role=Role.HEAD, language="ar"
    )
    await neighbours.publish("official:the.head", official)
    always = round_the_clock("government", default=True)
    body = a_rulebook_body(a_policy(), a_triage_policy(), calendars=[always, round_the_clock()])
    async with serving(app) as running:
        administrator = provider.authorization("admin", "administrator")
        response = await running.put(f"{API}/calendars-and-policies", json=body, headers=administrator)
        assert response.status_code == 200, response.text
        yield running


async def figures(client: Client, **asked: Any) -> dict[str, Any]:
    response = await client.get(f"{API}/performance", params=asked)
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "public, max-age=2"
    answer: dict[str, Any] = response.json()
    return answer


async def settled(client: Client, **expected: int) -> dict[str, Any]:
    """The country, once it has these figures."""
    found: dict[str, Any] = {}

    async def has_them() -> bool:
        nonlocal found
        found = await figures(client)
        return {name: found["figures"][name] for name in expected} == expected

    await eventually(has_them)
    return found


async def test_the_record_follows_each_case_and_stays_exact_when_it_is_corrected(
    client: Client, neighbours: Neighbours, mongo_database: Database, app: FastAPI
) -> None:
    first, second, imported = (str(uuid4()) for _ in range(3))
    await neighbours.publish(first, received(first), assigned(first), answered(first))
    await neighbours.publish(second, received(second), assigned(second))
    await neighbours.publish(imported, received(imported, channel="import"), assigned(imported), answered(imported))
    country = await settled(client, received=2, answered=1, open=1)
    assert country["figures"]["share_in_time"] == 1.0
    assert [each["entity"] for each in country["entities"]] == ["works"]

    await neighbours.publish(first, reopened(first))
    await neighbours.publish(second, transferred(second), answered(second, "health"))
    country = await settled(client, received=2, answered=2, open=1, reopened=1, transferred_out=1)
    by_entity = {each["entity"]: each["figures"] for each in country["entities"]}
    assert (by_entity["works"]["received"], by_entity["health"]["received"]) == (2, 1)
    for name in ("received", "answered", "open"):
        assert sum(each["figures"][name] for each in country["areas"]) == country["figures"][name], name
    assert country["entities"][0]["name"] == NAME
    works = await figures(client, entity="works")
    assert works["figures"] == by_entity["works"]
    assert [each["kind"] for each in works["kinds"]] == ["complaint"]
    assert (await figures(client, year=YEAR - 1))["figures"]["open"] == 0

    # What was added up, difference by difference, is what all clocks say together; counting anew gives the same.
    sums = await sums_of(mongo_database)
    assert sums == await counted_of(mongo_database)
    for name in ("progress", "sums"):
        await mongo_database[name].delete_many({})
    await mongo_database["clocks"].update_many({}, {"$set": {"state.counted": []}, "$inc": {"version": 1}})
    record: Record = app.state.record
    await recount(record.clocks, record.store, record.reference)

    async def is_as_before() -> bool:
        return await sums_of(mongo_database) == sums

    await eventually(is_as_before)


async def test_a_clock_that_an_older_version_writes_meanwhile_is_counted_once(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    """A version that knows nothing of `counted` takes a fact of the same clock during a rolling upgrade."""
    case = str(uuid4())
    await neighbours.publish(case, received(case), assigned(case))
    await settled(client, received=1, open=1)
    known = {name: (about.annotation, about) for name, about in ClockRecord.model_fields.items() if name != "counted"}
    older: Aggregates[Any] = Aggregates(mongo_database[CLOCKS], create_model("Older", **known), SOURCE)  # type: ignore[call-overload]
    await older.change(case, lambda stored: Decision(stored.state), datetime.now(UTC), Cause("older"))

    await neighbours.publish(case, answered(case))
    await settled(client, received=1, answered=1, open=0)
    assert await sums_of(mongo_database) == await counted_of(mongo_database)


async def test_an_older_version_does_not_count_anew_what_a_newer_one_counted(
    client: Client, mongo_database: Database, app: FastAPI
) -> None:
    record: Record = app.state.record
    await eventually(lambda: _has_recounted(record))
    await record.store.note_recounted(COUNTING + 1, "halfway")
    await recount(record.clocks, record.store, record.reference)
    assert await record.store.recounted() == (COUNTING + 1, "halfway")


async def _has_recounted(record: Record) -> bool:
    return await record.store.recounted() == (COUNTING, ALL)


async def sums_of(database: Database) -> Counter[str]:
    found: Counter[str] = Counter()
    async for row in database["sums"].find({"detailed": True}):
        found.update({f"{row['_id']}/{what}": number for what, number in row["counts"].items() if number})
    return found


async def counted_of(database: Database) -> Counter[str]:
    found: Counter[str] = Counter()
    async for clock in database["clocks"].find():
        found.update(dict(clock["state"]["counted"]))
    return found


async def test_what_belongs_to_an_entity_has_its_figures_on_that_ones_pages_and_in_its_file(
    app: FastAPI, client: Client, neighbours: Neighbours
) -> None:
    unit = EntityChanged(entity="roads", name=Name(ar="الطرق", en="Roads"), kind="authority", calendar="utilities")
    await neighbours.publish("entity:roads", unit.model_copy(update={"parent": "works"}))
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission, "roads"))

    async def has_it() -> bool:
        units = (await figures(client, entity="works"))["units"]
        return [(each["entity"], each["figures"]["open"]) for each in units] == [("roads", 1)]

    await eventually(has_it)
    assert (await figures(client, entity="works", year=YEAR - 1))["units"][0]["figures"]["open"] == 0
    assert (await figures(client, entity="roads"))["units"] == []
    report = await client.get("/performance/report", params={"lang": "en", "entity": "works"})
    assert "What belongs to it" in report.text
    assert "Roads" in report.text
    async with AtTheDesk(app, "head.works", "head", "works") as head:
        page = await head.opens("/performance/entity")
        assert f'href="/performance/report?year={YEAR}&entity=roads"' in page
        assert "ما يتبع لها" in await head.opens("/performance/entity?lang=ar")
    file = await client.get("/performance/figures.csv", params={"lang": "en", "entity": "works"})
    assert 'filename="tawasul-performance-works-' in file.headers["Content-Disposition"]
    lines = [line.split(",") for line in file.text.removeprefix("\ufeff").splitlines()]
    assert lines[0][:2] == ['"Part"', '"Name"']
    open_ones = lines[0].index('"Open"')
    assert ['"What belongs to it"', '"Roads"', '"1"'] in [[*line[:2], line[open_ones]] for line in lines]
    assert (await client.get("/performance/figures.csv", params={"entity": "nobody"})).status_code == 404


async def test_others_are_told_when_the_figures_of_an_entity_change(client: Client, neighbours: Neighbours) -> None:
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    [told] = await neighbours.hear(DEADLINES, f"works:{YEAR}", "PerformancePublished")
    assert (told.data.received, told.data.answered_in_time, told.data.open) == (1, 0, 1)
    await neighbours.publish(submission, answered(submission))
    *_, told = await neighbours.hear(DEADLINES, f"works:{YEAR}", *["PerformancePublished"] * 2)
    assert (told.data.period, told.data.open, sum(n for _, n in told.data.answer_times)) == (str(YEAR), 0, 1)


async def test_the_page_and_its_file_say_the_same_in_both_languages(client: Client, neighbours: Neighbours) -> None:
    empty = await client.get("/performance", params={"lang": "en", "year": YEAR - 1})
    assert f"There are no figures of {YEAR - 1} yet." in empty.text
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission), answered(submission))
    await settled(client, answered=1)
    english = await client.get("/performance", params={"lang": "en"})
    arabic = await client.get("/performance", params={"lang": "ar"})
    assert (english.status_code, arabic.status_code) == (200, 200)
    assert "How government answers" in english.text
    assert 'dir="rtl"' in arabic.text
    assert "100%" in english.text
    assert "style=" not in english.text + arabic.text
    _check_that_each_plot_has_its_table(english.text, answered=1)
    asked: dict[str, Any] = {"lang": "en", "entity": "works", "month": datetime.now(UTC).month}
    report = await client.get("/performance/report", params=asked)
    assert (report.status_code, "Month by month" in report.text, "By area" in report.text) == (200, True, True)
    assert (await client.get("/performance/report", params={"entity": "nobody"})).status_code == 404
    assert (await client.get("/performance/report", params={"month": 13})).status_code == 422
    by_area = await figures(client, entity="works", month=datetime.now(UTC).month)
    assert [(each["area"], each["figures"]["answered"]) for each in by_area["areas"]] == [("-", 1)]
    assert (await figures(client, month=datetime.now(UTC).month % 12 + 1))["figures"]["received"] == 0
    file = await client.get("/performance/figures.csv", params={"lang": "en"})
    titles, works = file.text.removeprefix("\ufeff").splitlines()
    assert titles.startswith('"Entity","Share in time"')
    assert works.startswith('"A name","1.0000","1","0","1","0","0"')
    assert (await client.get("/performance", params={"year": 1}, headers={"Accept": "text/html"})).status_code == 422


def _check_that_each_plot_has_its_table(page: str, answered: int) -> None:
    """In the page as it is sent: no script has run."""
    plots = re.findall(r'<figure class="plot".*?</figure>', page, re.S)
    assert len(plots) == 2
    for plot in plots:
        drawing, _, rest = plot.partition("</svg>")
        assert 'aria-hidden="true"' in drawing, "who hears the page is told the table alone"
        assert drawing.count("<rect") >= rest.count('<th scope="row">') == 1
        title = re.search(r'<figcaption id="([^"]+)"', plot)
        assert title is not None
        assert f'role="region" aria-labelledby="{title.group(1)}"' in rest
    assert re.findall(r'<td data-value="([^"]*)"', plots[0]) == ["1.0"]
    assert re.findall(r'<td data-value="([^"]*)"', plots[1]) == ["1", str(answered)]


async def test_an_award_is_contested_decided_frozen_and_comes_out_the_same_again(
    client: Client,
    neighbours: Neighbours,
    provider: Provider,
    app: FastAPI,
    mongo_database: Database,
    infrastructure: Infrastructure,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    awards: Awards = app.state.awards
    month = f"{datetime.now(UTC).astimezone(ZoneInfo('Asia/Bahrain')):%Y-%m}"
    cases = sorted(str(uuid4()) for _ in range(11))
    for case in cases:
        await neighbours.publish(case, received(case), assigned(case), answered(case))
    await settled(client, answered=11)
    head = provider.authorization("head.works", "head", entity="works")
    stranger = provider.authorization("head.health", "head", entity="health")
    central = provider.authorization("clerk", "central", entity="central-office")
    at = f"{API}/awards/{month}"
    [works] = (await client.get(at)).json()["standings"]
    assert (works["rank"], works["answers"], works["parts"]["in_time"]["value"]) == (1, 11, 1.0)

    behind = f"{at}/entities/works/cases"
    page = (await client.get(behind, params={"what": "in_time", "limit": 10}, headers=head)).json()
    rest = await client.get(behind, params={"cursor": page["next_cursor"]}, headers=central)
    assert [each["submission"] for each in page["items"] + rest.json()["items"]] == cases
    refused = [
        await client.get(behind, headers=stranger),
        await client.put(f"{at}/contests/{cases[0]}", json={"reason": "no reason"}, headers=central),
        await client.post(f"{at}/freeze", headers=head),
    ]
    assert [each.status_code for each in refused] == [403, 403, 403]
    assert (await client.get(behind)).status_code == 401
    assert (await client.post(f"{at}/freeze", headers=central)).status_code == 409, "the month is not over"

    why = {"reason": "It was answered at the counter before it was filed."}
    contested = f"{at}/contests/{cases[0]}"
    assert (await client.put(contested, json=why, headers=stranger)).status_code == 404, "it is not theirs"
    assert (await client.put(contested, json=why, headers=head)).status_code == 201
    assert (await client.put(contested, json=why, headers=head)).status_code == 409
    decision = {"decision": "upheld", "why": "The counter's list shows it."}
    decided = await client.put(f"{contested}/entities/works/decision", json=decision, headers=central)
    assert (decided.status_code, decided.json()["decided_by"]) == (200, "clerk")
    listed = (await client.get(f"{at}/contests", headers=head)).json()["items"]
    assert [each["submission"] for each in listed] == [cases[0]]
    assert (await client.get(at)).json()["standings"][0]["answers"] == 10

    await neighbours.publish(cases[0], confidential(cases[0], "somebody"))
    the_head = provider.authorization("the.head", "head", entity="works")

    async def is_hidden() -> bool:
        items: list[object] = (await client.get(f"{at}/contests", headers=head)).json()["items"]
        return not items

    await eventually(is_hidden)
    for path in (behind, f"{at}/contests"):
        found = [(await client.get(path, headers=who)).json()["items"] for who in (head, central, the_head)]
        assert [cases[0] in [each["submission"] for each in items] for items in found] == [False, False, True]
    assert (await client.put(contested, json=why, headers=head)).status_code == 404
    assert (await client.put(contested, json=why, headers=the_head)).status_code == 409
    hidden = await client.put(f"{contested}/entities/works/decision", json=decision, headers=central)
    assert hidden.status_code == 404
    await neighbours.publish(cases[0], confidential(cases[0]))

    later = Period(month).ends(ZoneInfo("Asia/Bahrain")) + timedelta(days=1)
    snapshot = await awards.freeze(Period(month), "clerk", later)
    assert await reproduced(awards.store, snapshot) == (snapshot.sha256, 11)
    with pytest.raises(Conflict):
        await awards.freeze(Period(month), "clerk", later)
    assert await mongo_database["award_cases"].count_documents({}) == 11, "the second left nothing behind"
    await neighbours.publish(cases[1], reopened(cases[1]))
    await settled(client, reopened=1)
    frozen = (await client.get(at)).json()
    assert (frozen["sha256"], frozen["standings"][0]["answers"]) == (snapshot.sha256, 10)
    assert (await client.put(f"{at}/contests/{cases[2]}", json=why, headers=head)).status_code == 409

    english, arabic = [
        (await client.get("/performance/award", params={"lang": lang, "period": month})).text for lang in ("en", "ar")
    ]
    assert snapshot.sha256 in english
    assert "The calculation: A name" in english
    assert 'dir="rtl"' in arabic
    monkeypatch.setenv("TAWASUL_MONGO_URI", infrastructure.mongo_uri)
    monkeypatch.setenv("TAWASUL_MONGO_DATABASE", mongo_database.name)
    assert await asyncio.to_thread(run, ["award", month]) == 0
    assert f"11 cases: {snapshot.sha256}\nit is the frozen one" in capsys.readouterr().out
    await mongo_database["award_cases"].update_one({"submission": cases[3]}, {"$set": {"counts": [["late", 1]]}})
    assert await asyncio.to_thread(run, ["award", month]) == 1
    assert "it is NOT the frozen one" in capsys.readouterr().out


async def test_overdue_cases_are_counted_from_an_index_alone(
    client: Client, neighbours: Neighbours, mongo_database: Database, app: FastAPI
) -> None:
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    await settled(client, open=1)
    far = datetime.now(UTC) + timedelta(days=400)
    record: Record = app.state.record
    assert await record.clocks.overdue(far) == {"works": 1}
    await mongo_database.command("profile", 2)
    await record.clocks.overdue(far)
    await mongo_database.command("profile", 0)
    [asked] = await mongo_database["system.profile"].find({"command.aggregate": "clocks"}).to_list()
    assert (asked["keysExamined"], asked["docsExamined"]) == (1, 0)


async def test_an_entitys_people_see_what_lies_before_them_and_others_do_not(
    app: FastAPI, client: Client, neighbours: Neighbours, provider: Provider, mongo_database: Database
) -> None:
    first, second, third = (str(uuid4()) for _ in range(3))
    await neighbours.publish(first, received(first), assigned(first), in_charge(first, "works.officer"))
    await neighbours.publish(second, received(second), assigned(second), question(second, "q1"))
    await neighbours.publish(third, received(third), assigned(third), answered(third))
    await settled(client, answered=1, open=2)
    head = provider.authorization("head.works", "head", entity="works")
    at = f"{API}/entities/works/workload"
    known = (await client.get(at, headers=head)).json()
    assert (known["open"], known["overdue"], known["forecast"]["due"], known["forecast"]["late"]) == (2, 0, 1, None)
    assert {(load["official"], load["this_week"], load["waiting"]) for load in known["loads"]} == {
        ("works.officer", 1, 0),
        ("officer-1", 0, 1),
    }
    workloads = app.state.workloads
    [due_at] = await workloads.store.dues("works", datetime.now(UTC) + timedelta(days=7), 10)
    its_day = due_at.astimezone(ZoneInfo("Asia/Bahrain")).replace(hour=0, minute=0, second=0, microsecond=0)
    assert [each.reference for each in (await workloads.of("works", its_day, "anybody")).today.first] == ["T-1"]
    late = due_at + timedelta(seconds=1)
    after = await workloads.of("works", late, "anybody")
    assert [each.official for each in after.overdue.first] == ["works.officer"]

    await neighbours.publish(first, confidential(first, "works.officer"))

    async def listed(reader: str) -> list[str]:
        known = await workloads.of("works", late, reader)
        assert (known.overdue.number, known.open) == (1, 2), "the numbers count it"
        return [each.submission for each in known.overdue.first]

    async def is_hidden() -> bool:
        return await listed("anybody") == []

    await eventually(is_hidden)
    assert [await listed(who) for who in ("works.officer", "the.head")] == [[first], [first]]

    async def statuses(path: str) -> list[int]:
        people = (("works.officer", "officer"), ("the.head", "head"), ("anybody", "officer"), ("clerk", "central"))
        asked = [provider.authorization(id, role, entity="works") for id, role in people]
        return [(await client.get(path, headers=headers)).status_code for headers in asked]

    assert await statuses(f"{API}/clocks/{first}") == [200, 200, 404, 404]
    assert await statuses(f"/performance/clocks/{first}") == [200, 200, 404, 404]
    assert await statuses(f"{API}/clocks/{second}") == [200, 200, 200, 200]

    stranger = provider.authorization("head.health", "head", entity="health")
    auditor = provider.authorization("auditor", "auditor")
    asked = [await client.get(at, headers=headers) for headers in (stranger, auditor, {})]
    assert [each.status_code for each in asked] == [403, 200, 401]
    assert (await client.get(f"{API}/entities/nobody/workload", headers=auditor)).status_code == 404
    async with AtTheDesk(app, "head.works", "head", "works") as person:
        page = await person.opens("/performance/entity")
        assert "works.officer" in page
        assert "With fewer than five there is no forecast." in page
        assert 'dir="rtl"' in await person.opens("/performance/entity?lang=ar")
        await person.opens("/performance/entity?entity=health", 403)
    signed_out = await client.get("/performance/entity", headers={"Accept": "text/html"})
    assert (signed_out.status_code, "/auth/sign-in" in signed_out.headers["Location"]) == (303, True)
    async with AtTheDesk(app, "auditor", "auditor", None) as person:
        assert "A name" in await person.opens("/performance/entity")
    async with AtTheDesk(app, "somebody", "citizen", None) as person:
        await person.opens("/performance/entity", 403)

    week = datetime.now(UTC) + timedelta(days=7)
    await mongo_database.command("profile", 2)
    await workloads.store.loads("works", datetime.now(UTC), week)
    await workloads.store.dues("works", week, 10)
    await mongo_database.command("profile", 0)
    [looked] = await mongo_database["system.profile"].find({"command.aggregate": "clocks"}).to_list()
    assert (looked["keysExamined"], looked["docsExamined"]) == (2, 0)
    [looked] = await mongo_database["system.profile"].find({"command.find": "clocks"}).to_list()
    assert (looked["nreturned"], looked["docsExamined"]) == (1, 0)


async def test_who_is_not_known_has_no_record(client: Client) -> None:
    assert (await client.get(f"{API}/performance", params={"entity": "nobody"})).status_code == 404
    assert (await client.get(f"{API}/performance", params={"year": 1})).status_code == 422
    assert (await figures(client, entity="health"))["figures"]["share_in_time"] is None
