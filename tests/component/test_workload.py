"""The workload of an entity, on real Kafka and MongoDB: who sees it, and what is left out for whom."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from sla_monitor.clocks.store import CONFIDED
from sla_monitor.workload.store import INDEX

from tests.support import one_record
from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_record import settled
from tests.support.one_sla_monitor import API, Client
from tests.support.provider import Provider
from tests.support.sla_monitor import (
    answered,
    assigned,
    confidential,
    in_charge,
    question,
    received,
)

app, client = one_record.app, one_record.client


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
    ours = {"command.aggregate": "clocks", "command.hint": INDEX}
    looked = await mongo_database["system.profile"].find(ours).to_list()
    assert [each["docsExamined"] for each in looked] == [0] * 4, "the index alone is read"
    assert not any("hasSortStage" in each for each in looked)


async def test_the_forecast_lists_as_many_as_it_counts_also_of_cases_that_are_due_at_one_moment(
    app: FastAPI, client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    first, *same = sorted(str(uuid4()) for _ in range(4))
    for id in (str(uuid4()) for _ in range(20)):
        await neighbours.publish(id, received(id), assigned(id), answered(id))
    for id in (first, *same):
        await neighbours.publish(id, received(id), assigned(id))
    await settled(client, answered=20, open=4)
    clocks, workloads = mongo_database["clocks"], app.state.workloads
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(days=12)  # so that whole days were worked
    an_answer = (await workloads.of("works", now, "the.head")).pace.each
    soon, at_once = now + timedelta(minutes=1), now + timedelta(seconds=round(2.5 * an_answer.total_seconds()))
    await clocks.update_one({"_id": first}, {"$set": {"state.standing.due_at": soon}})
    await clocks.update_many({"_id": {"$in": same}}, {"$set": {"state.standing.due_at": at_once}})

    async def late(reader: str) -> tuple[int, list[str]]:
        known = await workloads.of("works", now, reader)
        return known.late.number, [each.submission for each in known.late.first]

    assert await late("the.head") == (3, [first, *same[1:]]), "the second one is answered in time"
    await mongo_database["clocks"].update_one({"_id": same[0]}, {"$set": {CONFIDED: ["works.officer"]}})
    assert await late("anybody") == (3, [first, *same[1:]]), "which are late does not depend on who asks"
    await mongo_database["clocks"].update_one({"_id": first}, {"$set": {CONFIDED: ["works.officer"]}})
    assert await late("anybody") == (3, same[1:])
    [one] = await workloads.store.late_at("works", {soon: 0, at_once: 1}, 1, None)
    assert one.submission == first


async def test_a_list_says_how_many_of_it_are_confidential(
    app: FastAPI, client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    ids = [str(uuid4()) for _ in range(3)]
    for id in ids:
        await neighbours.publish(id, received(id), assigned(id))
    await settled(client, open=3)
    overdue = {"state.standing.due_at": datetime.now(UTC) - timedelta(hours=1)}
    await mongo_database["clocks"].update_many({}, {"$set": overdue})
    await mongo_database["clocks"].update_one({"_id": ids[0]}, {"$set": {CONFIDED: ["works.officer"]}})
    hidden = "Confidential, and only for those who may read them"
    async with AtTheDesk(app, "somebody", "officer", "works") as person:
        page = await person.opens("/performance/entity")
        assert f"{hidden}: 1." in page
        assert page.count("/performance/clocks/") == 2
    async with AtTheDesk(app, "the.head", "head", "works") as head:
        assert hidden not in await head.opens("/performance/entity")
