"""Lists of assignments: what is due first on top, page by page, read from an index; what nobody decided on none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from router.cases.case_query import (
    LOOKED_AT_FIRST,
    CaseQuery,
    page_query,
    probe_query,
    signs_index,
    signs_queries,
    standing,
)
from router.cases.indexes import EARLIER
from router.cases.life import OPEN, OVER, UNDER_WAY, State
from router.cases.listing import PLACE
from router.cases.live_versions import CaseVersions, id_of_list, id_of_part, now_of_lists
from router.cases.model import Assignment, Proposed
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from shared.events.deadlines import DeadlineSet
from shared.storage.aggregates import StoredAggregate

from tests.support import one_router
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_router import URL, Client, Headers, becomes, publish
from tests.support.router import NOW, an_assignment, an_id, received

IN_THE_WEST = Visibility("works", frozenset({"west"}), frozenset({"officer.works"}))
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
    found = await assignments.page(CaseQuery([State.WITHDRAWN]), None, 10)
    assert [aggregate.id for aggregate in found] == ids[1:]
    counted = [await assignments.count(CaseQuery([State.WITHDRAWN]), most) for most in (1, 5)]
    assert counted == [1, 2], "up to a bound, and by the state alone"


async def test_what_is_confidential_is_taken_off_a_number_before_it_is_bounded(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    named = [("head.works",), ("head.works",), ("officer.works",), None, None, None]
    cases = [StoredAggregate(an_id(), state=an_assignment(named=names)).document() for names in named]
    await assignments.collection.insert_many(cases)
    officer = CaseQuery(OPEN, "works", visibility=Visibility("works", names=frozenset({"officer.works"})))
    leader = CaseQuery(OPEN, "works", visibility=Visibility("works", headed=frozenset({"works"})))
    assert [await assignments.count(officer, most) for most in (3, 4, 5)] == [3, 4, 4]
    assert await assignments.counts([leader, officer], 5) == [5, 4]


async def test_of_all_that_is_open_only_what_waits_for_approval_is_read_where_that_is_wanted(
    mongo_database: Database,
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    waits = Proposed(text="It was filled.", reason_code="resolved", official="officer.works", at=NOW)
    cases = [an_assignment(proposed=waits if number == 7 else None) for number in range(50)]
    documents = [StoredAggregate(an_id(), state=case).document() for case in cases]
    await assignments.collection.insert_many(documents)
    for entity in ("works", None):
        wanted = CaseQuery(OPEN, entity, proposed=True)
        assert [each.id for each in await assignments.page(wanted, None, 10)] == [documents[7]["_id"]]
        assert await assignments.count(wanted) == 1
        assert wanted.index is not None
        found = assignments.collection.find(page_query(wanted, None)[0]).hint(wanted.index)
        assert (await found.explain())["executionStats"]["totalDocsExamined"] == 1


@pytest.mark.parametrize("entity", ["works", None])
@pytest.mark.parametrize(
    "more", [{}, {"category": "roads", "due_before": NOW}, {"newest_first": True}, {"visibility": IN_THE_WEST}]
)
async def test_a_page_of_a_list_is_read_from_an_index_in_its_order(
    mongo_database: Database, entity: str | None, more: dict[str, Any]
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    query, order = page_query(CaseQuery(OPEN, entity, **more), (NOW, an_id()))
    found = assignments.collection.find(query).sort(order).limit(50)
    plan = str((await found.explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert "'SORT'" not in plan


@pytest.mark.parametrize("entity", ["works", None])
@pytest.mark.parametrize("states", [UNDER_WAY, OVER])
async def test_words_are_looked_for_in_an_index_alone_and_the_newest_are_first(
    mongo_database: Database, entity: str | None, states: tuple[State, ...]
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    await assignments.collection.insert_many(_with_signs(number, states) for number in range(60))
    wanted = CaseQuery(states, entity, signs=(("light",), ("428", "b:428")))
    found = await assignments.look(wanted, None, 100)
    times = [_received(each) for each in found.items]
    assert (len(times), times == sorted(times, reverse=True), found.is_whole) == (10 if entity else 20, True, True)
    page = await assignments.look(wanted, None, 4)
    assert [each.id for each in page.items] == [each.id for each in found.items[:4]]
    assert page.end == (_received(page.items[-1]), page.items[-1].id)
    assert [each.id for each in await assignments.page(wanted, page.end, 4)] == [each.id for each in found.items[4:8]]
    assert (await assignments.look(CaseQuery(states, entity, signs=(("water",),)), None, 5)).items == []
    one_state = CaseQuery(states[:1], entity, signs=(("light",),))
    assert {each.state.state for each in await assignments.page(one_state, None, 100) if each.state} == {states[0]}

    entities, group = ["works", "ewa"], ("428", "b:428")
    (whole,), (at_once, later) = (signs_queries(wanted, entities, group, after) for after in (None, page.end))
    for query in (whole, at_once, later):
        pipeline = standing(query, wanted.order, 10)
        asked = {"aggregate": assignments.collection.name, "pipeline": pipeline, "hint": signs_index(wanted)}
        plan = str(await mongo_database.command({"explain": asked | {"cursor": {}}, "verbosity": "queryPlanner"}))
        assert ("SORT_MERGE" in plan) == (query is not at_once), "the index gives the order"
        assert "FETCH" not in plan, "nor does it read a document"


@pytest.mark.parametrize("entity", ["works", None])
async def test_what_has_two_words_that_are_seldom_together_is_found_behind_many_that_have_one(
    mongo_database: Database, entity: str | None
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    many = LOOKED_AT_FIRST + 20
    found_by: list[tuple[str, ...]] = [*[("light",)] * many, *[("school",)] * many]
    together = (many - 10, 2 * many - 3)
    for number in together:
        found_by[number] = ("light", "school")
    cases = [_stands(number, signs) for number, signs in enumerate(found_by)]
    await assignments.collection.insert_many(cases)
    wanted = CaseQuery(UNDER_WAY, entity, signs=(("light",), ("school", "b:428")))
    found = await assignments.look(wanted, None, 25)
    assert [each.id for each in found.items] == [cases[number]["_id"] for number in together]
    assert found.is_whole
    (first,) = (await assignments.look(wanted, None, 1)).items
    assert [each.id for each in await assignments.page(wanted, (_received(first), first.id), 5)] == [found.items[1].id]

    places = [(_received(each), each.id) for each in found.items]
    probe = assignments.collection.find(probe_query(wanted, "works", ("light",), places), PLACE)
    explained = await probe.hint(signs_index(wanted)).explain()
    assert explained["executionStats"]["totalDocsExamined"] == 0, "no document is read"
    assert explained["executionStats"]["nReturned"] == 2


def _stands(number: int, signs: tuple[str, ...]) -> dict[str, Any]:
    """The higher the number, the older."""
    document = StoredAggregate(an_id(), state=an_assignment(found_by=signs)).document()
    document["state"]["submission"]["received_at"] = NOW - timedelta(minutes=number)
    return document


async def test_signs_that_an_earlier_version_left_with_what_is_over_are_found_as_over(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    earlier, newer = _with_signs(0, OVER), _with_signs(1, OVER)
    earlier["state"]["found_by"] = earlier["state"].pop("found_over")
    newer["state"]["found_by"] = []  # touched once more by the version before
    await assignments.collection.insert_many([earlier, newer, _with_signs(2, UNDER_WAY)])
    for _ in range(2):
        await assignments.file_signs()
        found = await assignments.page(CaseQuery(OVER, signs=(("light",),)), None, 10)
        assert {each.id for each in found} == {earlier["_id"], newer["_id"]}
        assert len(await assignments.page(CaseQuery(UNDER_WAY, signs=(("light",),)), None, 10)) == 1
    assert await assignments.collection.count_documents({"state.found_by": {"$exists": True}}) == 1


async def test_an_index_that_processes_of_an_earlier_version_ask_by_stays_until_it_is_dropped(
    mongo_database: Database,
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.collection.create_index("state.like", name="alike")
    await assignments.ensure_indexes()
    assert {"alike", "alike_by_receipt"} <= {*await assignments.collection.index_information()}
    for _ in range(2):
        await assignments.drop_earlier_indexes()
        assert not {*EARLIER} & {*await assignments.collection.index_information()}


def _with_signs(number: int, states: tuple[State, ...]) -> dict[str, Any]:
    state = an_assignment(states[number % len(states)]).changed(
        entity=("works", "ewa")[number % 2],
        found_by=("light", "street") if number % 3 else ("light", "b:428"),
    )
    assert state.submission is not None
    received_at = NOW + timedelta(hours=number * 7 % 60)
    sent = state.submission.model_copy(update={"received_at": received_at})
    return StoredAggregate(an_id(), state=state.changed(submission=sent)).document()


def _received(aggregate: StoredAggregate[Assignment]) -> datetime:
    assert aggregate.state is not None
    assert aggregate.state.submission is not None
    return aggregate.state.submission.received_at


async def test_news_of_a_case_are_news_of_the_lists_of_who_has_it_and_who_had_it(mongo_database: Database) -> None:
    versions, id = CaseVersions(Assignments(mongo_database)), an_id()
    held = [{"entity": "ewa"}, {"entity": "works"}]
    await versions.collection.insert_one({"_id": id, "version": 7, "state": {"entity": "works", "custodians": held}})
    drawn = now_of_lists()
    change = {"documentKey": {"_id": id}, "version": 8}
    assert await versions.told_by(change, {id}) == [(id, 8)], "nobody looks at a list"
    told = dict(await versions.told_by(change, {id_of_list("ewa")}))
    assert told.pop(id) == 8
    assert set(told) == {id_of_list("works"), id_of_list("ewa"), id_of_list(None)}
    newest = await versions.newest([id, id_of_list("works")])
    assert newest[id] == 7
    assert min(*told.values(), newest[id_of_list("works")]) > drawn, "newer than any page"


async def test_news_of_a_case_are_news_of_its_parts_that_somebody_looks_at(mongo_database: Database) -> None:
    versions, parent, part, another = CaseVersions(Assignments(mongo_database)), an_id(), an_id(), an_id()
    await versions.collection.insert_many([{"_id": parent, "version": 7}, {"_id": part, "version": 2}])
    looked_at = {id_of_part(part, parent), id_of_part(another, an_id()), part}
    for changed in (parent, part):
        told = await versions.told_by({"documentKey": {"_id": changed}, "version": 7}, looked_at)
        assert dict(told) == {changed: 7, id_of_part(part, parent): 9}
    assert (await versions.newest(looked_at))[id_of_part(part, parent)] == 9
