"""Lists of assignments: what is due first on top, page by page, read from an index; what nobody decided on none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from router.case_versions import CaseVersions, id_of_list, now_of_lists
from router.domain.life import OPEN, OVER, UNDER_WAY, State
from router.domain.sight import Sight
from router.repository import Assignments
from router.wanted import Wanted, page_query, search_index, search_query
from shared.events.deadlines import DeadlineSet

from tests.support import one_router
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_router import URL, Client, Headers, becomes, publish
from tests.support.router import NOW, an_id, received

IN_THE_WEST = Sight("works", frozenset({"west"}), frozenset({"officer.works"}))
settings, client, administrator = one_router.settings, one_router.client, one_router.administrator
officer, clerk = one_router.officer, one_router.clerk


async def test_a_list_is_paged_by_what_is_due_first(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    await publish(client, administrator)
    ids = [an_id() for _ in range(5)]
    due = datetime(2026, 12, 1, 9, tzinfo=UTC)
    for days, id in enumerate(ids):
        await neighbours.publish(id, received(id))
        await becomes(client, id, officer, "assigned")
        deadline = DeadlineSet(
            submission_id=id,
            to_state="running",
            target="answer",
            entity="works",
            due_at=due - timedelta(days=days),
            policy="p",
            policy_version=1,
            calendar="c",
            calendar_version=1,
        )
        await neighbours.publish(id, deadline)

    async def _all_due() -> bool:
        items = (await client.get(f"{URL}/assignments", headers=officer)).json()["items"]
        return len(items) == 5 and all(item["due_at"] for item in items)

    await eventually(_all_due)
    found: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"{URL}/assignments?limit=2{cursor}", headers=officer)).json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == ids[::-1]
    assert (await client.get(f"{URL}/assignments?cursor=nonsense", headers=officer)).status_code == 422


async def test_what_was_withdrawn_before_anybody_decided_is_on_no_list(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    shell = {"state": "withdrawn", "list_at": NOW, "decided": None}
    decided = shell | {"entity": "works", "decided": {"by": "rule", "reason": "a rule"}}
    ids = [an_id(), an_id()]
    await assignments.collection.insert_many(
        {"_id": id, "version": 1, "state": state, "sequences": {}, "emitted": 0, "seen": {}}
        for id, state in zip(ids, (shell, decided), strict=True)
    )
    found = await assignments.page(Wanted([State.WITHDRAWN]), None, 10)
    assert [aggregate.id for aggregate in found] == ids[1:]
    counted = [await assignments.count(Wanted([State.WITHDRAWN]), most) for most in (1, 5)]
    assert counted == [1, 2], "up to a bound, and by the state alone"


@pytest.mark.parametrize("entity", ["works", None])
@pytest.mark.parametrize(
    "more", [{}, {"category": "roads", "due_before": NOW}, {"newest_first": True}, {"sight": IN_THE_WEST}]
)
async def test_a_page_of_a_list_is_read_from_an_index_in_its_order(
    mongo_database: Database, entity: str | None, more: dict[str, Any]
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    query, order = page_query(Wanted(OPEN, entity, **more), (NOW, an_id()))
    found = assignments.collection.find(query).sort(order).limit(50)
    plan = str((await found.explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert "'SORT'" not in plan


@pytest.mark.parametrize("entity", ["works", None])
@pytest.mark.parametrize("states", [UNDER_WAY, OVER])
async def test_words_are_looked_for_in_an_index_and_in_the_order_of_the_list(
    mongo_database: Database, entity: str | None, states: tuple[State, ...]
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    kept = {"version": 1, "sequences": {}, "emitted": 0, "seen": {}}
    for number in range(60):
        signs = ["light", "street"] if number % 3 else ["light", "b:428"]
        state: dict[str, Any] = {
            "state": states[number % len(states)],
            "entity": ("works", "ewa")[number % 2],
            "found_by": signs,
        }
        state |= {"list_at": NOW + timedelta(hours=number * 7 % 60), "decided": {"by": "rule", "reason": "a rule"}}
        await assignments.collection.insert_one({"_id": an_id(), "state": state, **kept})
    wanted = Wanted(states, entity, signs=(("light",), ("428", "b:428")))
    found = await assignments.search(wanted, None, 100)
    times = [each.state.list_at for each in found.items if each.state and each.state.list_at]
    assert (len(times), times == sorted(times), found.is_whole) == (10 if entity else 20, True, True)
    page = await assignments.page(wanted, None, 4)
    assert [each.id for each in page] == [each.id for each in found.items[:4]]
    assert page[-1].state is not None
    assert page[-1].state.list_at is not None
    after = (page[-1].state.list_at, page[-1].id)
    assert [each.id for each in await assignments.page(wanted, after, 4)] == [each.id for each in found.items[4:8]]
    assert (await assignments.search(Wanted(states, entity, signs=(("water",),)), None, 5)).items == []

    stages = search_query(wanted, ["works", "ewa"], ("428", "b:428"), None, 1_000)
    plan = await mongo_database.command(
        "explain",
        {"aggregate": "assignments", "pipeline": stages, "cursor": {}, "hint": search_index(wanted)},
        verbosity="queryPlanner",
    )
    assert "SORT_MERGE" in str(plan), "the index gives the order"
    assert "'stage': 'SORT'" not in str(plan)


async def test_news_of_a_case_are_news_of_the_lists_of_who_has_it_and_who_had_it(mongo_database: Database) -> None:
    versions, id = CaseVersions(Assignments(mongo_database)), an_id()
    held = [{"entity": "ewa"}, {"entity": "works"}]
    await versions.collection.insert_one({"_id": id, "version": 7, "state": {"entity": "works", "custodians": held}})
    drawn = now_of_lists()
    told = dict(await versions.told_by({"documentKey": {"_id": id}, "version": 8}))
    assert told.pop(id) == 8
    assert set(told) == {id_of_list("works"), id_of_list("ewa"), id_of_list(None)}
    newest = await versions.newest([id, id_of_list("works")])
    assert newest[id] == 7
    assert min(*told.values(), newest[id_of_list("works")]) > drawn, "newer than any page"
