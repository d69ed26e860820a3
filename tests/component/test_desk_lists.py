"""The lists of the officials' desk, on real Kafka and MongoDB: paged, searched, exported, on a map, done at once."""

import json
import re
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from shared.operations.metrics import LEFT_BEHIND
from shared.reference.working_time import utc_now

from tests.support import one_desk
from tests.support.desk import AtTheDesk
from tests.support.infrastructure import Database
from tests.support.one_desk import Town, in_order

app, officer, clerk, town = one_desk.app, one_desk.officer, one_desk.clerk, one_desk.town


async def test_who_leads_sees_the_workload_and_takes_the_list_away_and_a_spreadsheet_calculates_nothing(
    app: FastAPI, officer: AtTheDesk, clerk: AtTheDesk, town: Town, mongo_database: Database
) -> None:
    id, number = await town.writes("=SUM(A1:A9) pothole")
    await town.says_due(id, utc_now() - timedelta(hours=1))
    _, other = await town.writes()
    page = await officer.opens(f"/desk/{other}")
    await officer.sends(page, f"/desk/{other}/answer", answer_text="Done.", answer_reason_code="resolved")
    async with AtTheDesk(app, "head.works", "head", "works") as head:
        page = "".join((await head.opens("/desk/team")).split())
        assert "entity=works" not in page
        assert '<td>1</td><td><aclass="late"href="/desk?view=overdue">1</a></td><td>0</td><td>0</td><td>1</td>' in page
        table = await head.opens("/desk/list.csv?view=overdue")
        assert in_order(table, "\ufeff", number, '"Overdue"', '"\'=SUM(A1:A9) pothole"')
        assert other not in table
    assert "entity=works" in await clerk.opens("/desk/team")
    assert "supervisors" in await officer.opens("/desk/team", 403)
    assert "supervisors" in await officer.opens("/desk/list.csv", 403)
    exported = await mongo_database["audit_records"].find_one({"action": "export"})
    assert exported is not None
    assert exported["things"] == [id]


async def test_a_long_list_is_paged_and_each_language_is_spoken(officer: AtTheDesk, town: Town) -> None:
    due = datetime(2027, 1, 1, tzinfo=UTC)
    numbers = []
    for days in range(27):
        id, number = await town.writes(received_at=due + timedelta(days=days))
        numbers.append((id, number))
    page = await officer.opens("/desk?lang=ar")
    assert 'dir="rtl"' in page
    assert "صندوق الوارد" in page
    assert page.count('class="desk-row"') == 25
    address = page.split('rel="next" href="')[1].split('"')[0]
    page = await officer.opens(address)
    assert page.count('class="desk-row"') == 2
    assert numbers[-1][1] in page


async def test_a_case_that_cannot_be_read_hides_no_other_of_its_list_and_the_page_says_so(
    app: FastAPI, town: Town, mongo_database: Database
) -> None:
    head = AtTheDesk(app, "supervisor.works", "supervisor", "works")
    first = datetime(2027, 1, 1, tzinfo=UTC)
    cases = [await town.writes(received_at=first + timedelta(days=days)) for days in range(3)]
    before = LEFT_BEHIND.labels("list")._value.get()
    await mongo_database["assignments"].update_one({"_id": cases[1][0]}, {"$set": {"state.priority": "not one"}})
    page = await head.opens("/desk?lang=en")
    assert [number in page for _, number in cases] == [True, False, True]
    assert "1 submission that belongs on this page cannot be shown" in page
    assert "تعذّر عرض طلب واحد" in await head.opens("/desk?lang=ar")
    assert LEFT_BEHIND.labels("list")._value.get() > before
    found = await head.opens("/desk?lang=en&words=pothole")
    assert [number in found for _, number in cases] == [True, False, True]
    exported = await head.opens("/desk/list.csv?lang=en")
    assert [number in exported for _, number in cases] == [True, False, True]

    page = (await head.get("/api/router/v1/assignments", params={"limit": 2})).json()
    assert (len(page["items"]), page["unreadable"]) == (1, 1)
    rest = (await head.get("/api/router/v1/assignments", params={"cursor": page["next_cursor"]})).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [cases[0][0], cases[2][0]]

    await mongo_database["assignments"].update_many({}, {"$set": {"state.priority": "not one"}})
    page_of_none = await head.opens("/desk?lang=en")
    assert "3 submissions that belong on this page cannot be shown" in page_of_none
    assert "Everything is done" not in page_of_none


async def test_what_waits_to_be_placed_and_cannot_be_read_keeps_nobody_from_placing_the_next(
    clerk: AtTheDesk, town: Town, mongo_database: Database
) -> None:
    first = datetime(2027, 1, 1, tzinfo=UTC)
    waiting = [await town.writes("Something else.", received_at=first + timedelta(days=days)) for days in range(3)]
    spoilt = ({"state.priority": "not one"}, {"state.history": "none"})
    for (id, _), change in zip(waiting, spoilt, strict=False):
        await mongo_database["assignments"].update_one({"_id": id}, {"$set": change})
    page = await clerk.opens("/desk/triage?lang=en")
    assert f'href="/desk/{waiting[2][1]}"' in page
    assert "1 submission that belongs on this page cannot be shown" in page
    await mongo_database["assignments"].update_many({}, {"$set": {"state.priority": "not one"}})
    page = await clerk.opens("/desk/triage?lang=en")
    assert "3 submissions that belong on this page cannot be shown" in page
    assert "Everything has its entity" not in page


async def test_several_are_done_at_once_after_a_look_at_which_and_what_cannot_be_is_said(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    cases = [await town.writes() for _ in range(3)]
    _, elsewhere = await town.writes("The street light is dark.")
    page = await officer.opens("/desk")
    boxes = dict(re.findall(r'name="(case:[^"]+)" value="(\d+)"', page))
    assert set(boxes) == {f"case:{id}" for id, _ in cases}
    nothing = await officer.sends(page, "/desk/bulk", what="acknowledge")
    assert (nothing.status_code, "Choose submissions" in nothing.text) == (422, True)
    first = cases[0][1]
    await officer.sends(await officer.opens(f"/desk/{first}"), f"/desk/{first}/acknowledge")
    preview = await officer.sends(page, "/desk/bulk", what="acknowledge", **boxes)
    assert in_order(preview.text, "done with 2 submissions", "Left as they are", first, "cannot be done")
    done = await officer.sends(preview.text, "/desk/bulk", step="do")
    assert "Done with 2 submissions." in done.text
    again = await officer.sends(preview.text, "/desk/bulk", step="do")
    assert "Done with 2 submissions." in again.text, "the same form does it once, and says so again"

    preview = await officer.sends(await officer.opens("/desk"), "/desk/bulk", what="transfer", **boxes)
    assert in_order(preview.text, "done with 3 submissions")
    faulty = await officer.sends(preview.text, "/desk/bulk", step="do", transfer_entity="ewa")
    assert in_order(faulty.text, "Say why.", "done with 3 submissions")
    page = await officer.opens(f"/desk/{first}")
    await officer.sends(page, f"/desk/{first}/note", note_text="Wait for the contractor.")
    moved = {"step": "do", "transfer_entity": "ewa", "transfer_reason": "A cable."}
    outcome = await officer.sends(faulty.text, "/desk/bulk", **moved)
    assert in_order(outcome.text, "Done with 2 submissions.", "Left as they are", first), (
        "one changed since it was shown"
    )
    strange = {f"case:{(await app.state.assignments.by_reference(elsewhere)).id}": "1", "what": "note"}
    assert elsewhere not in (await officer.sends(await officer.opens("/desk"), "/desk/bulk", **strange)).text


async def test_an_official_keeps_a_view_under_a_name_that_nobody_else_sees(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    await town.writes()
    assert "Keep this view as" not in await officer.opens("/desk")
    page = await officer.opens("/desk?view=new&kind=complaint")
    kept = await officer.sends(page, "/desk/views", name="  New   complaints ")
    assert kept.headers["location"] == "/desk?view=new&kind=complaint"
    page = await officer.opens("/desk")
    assert in_order(page, "Saved views", 'href="/desk?view=new&kind=complaint"', "New complaints")
    async with AtTheDesk(app, "supervisor.works", "supervisor", "works") as colleague:
        assert "New complaints" not in await colleague.opens("/desk")
    await officer.sends(page, "/desk/views", do="remove")
    assert "Saved views" not in await officer.opens("/desk")


async def test_the_map_shows_what_the_list_holds_where_people_said_where_it_is(
    app: FastAPI, officer: AtTheDesk, town: Town
) -> None:
    _, number = await town.writes(location={"lat": 26.21, "lon": 50.58})
    await town.writes(location={"block": "428"})
    page = await officer.opens("/desk/map?kind=complaint")
    assert 'href="/desk?kind=complaint"' in page, "the map itself is looked at in a browser"
    features = json.loads(await officer.opens("/desk/points.geojson?kind=complaint"))["features"]
    assert [(each["geometry"]["coordinates"], each["properties"]["title"]) for each in features] == [
        ([50.58, 26.21], number)
    ]
    assert "The newest with these words" in await officer.opens("/desk/map?words=pothole")
    nothing = "words=with+the"  # as all texts have them
    assert json.loads(await officer.opens(f"/desk/points.geojson?{nothing}"))["features"] == []
    async with AtTheDesk(app, "officer.ewa", "officer", "ewa") as stranger:
        assert json.loads(await stranger.opens("/desk/points.geojson"))["features"] == []
    await town.writes(location={"lat": 26.2103, "lon": 50.58})
    similar = await officer.opens(f"/desk/{number}/similar")
    assert [word in similar for word in ("26.21", "metres away")] == [True, True]
    async with AtTheDesk(app, "auditor", "auditor", "central-office") as auditor:
        assert json.loads(await auditor.opens("/desk/points.geojson"))["features"] == []
        for path in ("", "/similar"):
            page = await auditor.opens(f"/desk/{number}{path}")
            assert [word for word in ("26.21", "metres away") if word in page] == [], "it may be somebody's home"
