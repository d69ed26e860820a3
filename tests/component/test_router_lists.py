"""Lists of assignments: what is due first on top, page by page, read from an index; what nobody decided on none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from router.domain.life import OPEN, State
from router.repository import Assignments, Wanted, page_query
from shared.events.deadlines import DeadlineSet

from tests.support import one_router
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_router import URL, Client, Headers, becomes, publish
from tests.support.router import NOW, an_id, received

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
@pytest.mark.parametrize("more", [{}, {"category": "roads", "due_before": NOW}, {"newest_first": True}])
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
