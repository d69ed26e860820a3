"""Cases find somebody of the entity by themselves, and somebody else when that one is absent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from router.cases.life import State
from router.cases.model import Charge
from router.cases.store import Assignments
from router.staffing.round_robin_store import RoundRobin
from router.staffing.worker import AT_ONCE, Staffing
from shared.events.envelope import Event
from shared.events.topics import ASSIGNMENTS
from shared.operations.metrics import LEFT_BEHIND
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from tests.support import one_desk
from tests.support.desk import AtTheDesk
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_desk import Town, in_order
from tests.support.provider import Provider
from tests.support.router import NOW, a_directory, a_rule, an_assignment, an_entity, an_id, an_official

app, officer, town = one_desk.app, one_desk.officer, one_desk.town


async def test_cases_are_given_by_load_and_given_on_when_somebody_is_absent(
    app: FastAPI, officer: AtTheDesk, town: Town, neighbours: Neighbours, provider: Provider
) -> None:
    def is_had_by(*officials: str) -> Any:
        return lambda state: state.charge is not None and state.charge.official in officials

    by_hand, number = await town.writes()
    at = f"/desk/{number}"
    page = await officer.opens(at)
    assert "Nobody there has taken it up yet." in page
    await officer.sends(page, f"{at}/in-charge", **{"in-charge_official": "officer.works"})
    assert number in await officer.opens("/desk?official=me")
    assert number not in await officer.opens("/desk?official=-")
    async with AtTheDesk(app, "auditor", "auditor", "central-office") as reader:
        assert number in await reader.opens("/desk?official=officer.works"), "of all entities"
        assert number not in await reader.opens("/desk?official=supervisor.works")

    entities = [each | ({"assigning": "load"} if each["id"] == "works" else {}) for each in one_desk.ENTITIES]
    two = an_official("officer.two", "works")
    await one_desk.publish(app, provider, entities=entities, officials=[*one_desk.OFFICIALS, two])
    cases = [await town.writes() for _ in range(3)]
    for id, _ in cases:
        await town.becomes(id, is_had_by("officer.two", "officer.works"))
    found = [(await app.state.assignments.find(id)).state.charge for id, _ in [(by_hand, number), *cases]]
    assert sorted(charge.official for charge in found) == [
        "officer.two",
        "officer.two",
        "officer.works",
        "officer.works",
    ]

    today = utc_now().date().isoformat()
    away = {"first_day": today, "last_day": f"{today[:4]}-12-31"}
    absent = two | {"absences": [away]}
    await one_desk.publish(app, provider, entities=entities, officials=[*one_desk.OFFICIALS, absent])
    staffing = app.state.staffing
    await staffing.give_on_what_the_absent_have(app.state.directory.current, utc_now())
    for id, _ in cases:
        await town.becomes(id, is_had_by("officer.works"))
    (event,) = await _put_in_charge(neighbours, by_hand)
    assert (event.in_charge, event.way, event.officials, event.relieved) == ("officer.works", "hand", (), ())

    async with AtTheDesk(app, "supervisor.works", "supervisor", "works") as supervisor:
        page = await supervisor.opens("/desk/team")
        assert in_order(page, "Who has what", "Officer.works", "Officer.two (absent)")
        page = await supervisor.opens(at)
        assert "Officer.two (absent)" in page
        strange = {"in-charge_official": "officer.ewa"}
        assert "does not work at this entity" in (await supervisor.sends(page, f"{at}/in-charge", **strange)).text
        await supervisor.sends(page, f"{at}/in-charge", **{"in-charge_official": "supervisor.works"})
    given_on = (await _put_in_charge(neighbours, by_hand, 2))[1]
    assert (given_on.officials, given_on.relieved) == ((), ("officer.works",))
    page = await officer.opens(at)
    assert in_order(page, "Supervisor.works", "Somebody of the entity has it")
    taken = await officer.sends(page, f"{at}/in-charge", **{"in-charge_official": "officer.two"})
    assert taken.status_code == 403, "an officer takes up what is there, and gives nothing to others"


async def test_what_nobody_can_be_given_keeps_no_others_waiting(mongo_database: Database) -> None:
    """An entity whose people are all away, areas where nobody is there, and what cannot be read."""
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    today = NOW.date().isoformat()
    away: dict[str, Any] = {"absences": [{"first_day": today, "last_day": today}]}
    entities = [an_entity(id, assigning="turn") for id in ("works", "ewa")]
    directory: Any = a_directory(
        entities=[an_entity("central-office", "central"), *entities],
        officials=[
            an_official("officer.works", "works", **away),
            an_official("officer.ewa", "ewa", areas=["west"]),
            an_official("officer.two", "ewa", areas=["east"], **away),
        ],
        categories=[],
        rules=[a_rule("triage", {"triage": True})],
    )
    turns = RoundRobin(mongo_database["turns"])
    staffing = Staffing(assignments, turns, directory, "UTC")

    async def unstaffed(count: int, entity: str, area: str, hour: int, **more: Any) -> list[str]:
        case = an_assignment(entity=entity, area=area, unstaffed=True, list_at=NOW + timedelta(hours=hour), **more)
        documents = [StoredAggregate(an_id(), state=case).document() for _ in range(count)]
        await assignments.collection.insert_many(documents)
        return [document["_id"] for document in documents]

    async def who_has(id: str) -> str | None:
        found: Any = await assignments.find(id)
        return found.state.charge.official if found.state.charge else None

    await unstaffed(AT_ONCE, "works", "west", 0)
    (broken,) = await unstaffed(1, "ewa", "west", 1)
    await assignments.collection.update_one({"_id": broken}, {"$set": {"state.priority": "of another time"}})
    await unstaffed(AT_ONCE, "ewa", "east", 1)
    (last,) = await unstaffed(1, "ewa", "west", 2)
    failed = LEFT_BEHIND.labels("staffing")._value.get()
    given, after = await staffing.give_what_nobody_has(directory, NOW)
    assert (given, await who_has(last)) == (0, None)
    assert after is not None
    assert await staffing.give_what_nobody_has(directory, NOW, after) == (1, None)
    assert await who_has(last) == "officer.ewa"
    assert LEFT_BEHIND.labels("staffing")._value.get() == failed + 1
    assert await turns.next("ewa") == 1, "nor does it use up anybody's turn"

    left = {"charge": Charge(official="who.left", since=NOW, way="turn"), "state": State.ACKNOWLEDGED}
    await unstaffed(AT_ONCE, "ewa", "east", 3, **left)
    (theirs,) = await unstaffed(1, "ewa", "west", 4, **left)
    await staffing.give_on_what_the_absent_have(directory, NOW)
    assert await who_has(theirs) == "officer.ewa"


async def _put_in_charge(neighbours: Neighbours, id: str, count: int = 1) -> list[Any]:
    def _are_there(events: Sequence[Event]) -> bool:
        return len(_of(events)) == count

    def _of(events: Sequence[Event]) -> list[Any]:
        return [event.data for event in events if event.type == "OfficialPutInCharge"]

    return _of(await neighbours.hear_until(ASSIGNMENTS, _are_there, id))
