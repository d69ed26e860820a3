"""What lies before an entity, on real Kafka and MongoDB: who sees it, and what is left out for whom."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from sla_monitor.workload_store import INDEX

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
