"""The record of the entities, on real Kafka and MongoDB: what it says while facts come in, and what others are told."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from pydantic import create_model
from shared.events.envelope import Cause
from shared.events.topics import DEADLINES
from shared.storage.aggregates import Aggregates, Decision
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import CLOCKS, SOURCE
from sla_monitor.performance.commands import Record
from sla_monitor.performance.recount import ALL, COUNTING, recount

from tests.support import one_record
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_record import YEAR, figures, settled
from tests.support.one_sla_monitor import API, Client
from tests.support.sla_monitor import (
    NAME,
    answered,
    assigned,
    received,
    reopened,
    transferred,
)

app, client = one_record.app, one_record.client


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
        for side in ("areas", "kinds", "categories"):
            assert sum(each["figures"][name] for each in country[side]) == country["figures"][name], (name, side)
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


async def test_others_are_told_when_the_figures_of_an_entity_change(client: Client, neighbours: Neighbours) -> None:
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    [told] = await neighbours.hear(DEADLINES, f"works:{YEAR}", "PerformancePublished")
    assert (told.data.received, told.data.answered_in_time, told.data.open) == (1, 0, 1)
    await neighbours.publish(submission, answered(submission))
    *_, told = await neighbours.hear(DEADLINES, f"works:{YEAR}", *["PerformancePublished"] * 2)
    assert (told.data.period, told.data.open, sum(n for _, n in told.data.answer_times)) == (str(YEAR), 0, 1)


async def test_overdue_cases_are_counted_from_an_index_alone(
    client: Client, neighbours: Neighbours, mongo_database: Database, app: FastAPI
) -> None:
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    await settled(client, open=1)
    far = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    record: Record = app.state.record
    assert await record.clocks.overdue(far) == {"works": 1}
    await mongo_database.command("profile", 2)
    await record.clocks.overdue(far)
    await mongo_database.command("profile", 0)
    looked = mongo_database["system.profile"].find({"command.aggregate": "clocks"})
    # The service asks the same of now, and counts.
    matches = [(each["command"]["pipeline"][0]["$match"], each) async for each in looked]
    [asked] = [each for match, each in matches if match.get("state.standing.due_at") == {"$lt": far}]
    assert (asked["keysExamined"], asked["docsExamined"]) == (1, 0)


async def test_who_is_not_known_has_no_record(client: Client) -> None:
    assert (await client.get(f"{API}/performance", params={"entity": "nobody"})).status_code == 404
    assert (await client.get(f"{API}/performance", params={"year": 1})).status_code == 422
    assert (await figures(client, entity="health"))["figures"]["share_in_time"] is None
