"""The same matter reported twice: found, merged, undone, answered together."""

import re
from datetime import timedelta
from typing import Any

import pytest_asyncio
from fastapi import FastAPI
from router.app import create_app
from router.cases.case_query import CaseQuery
from router.cases.life import OPEN, Move, State
from router.cases.store import Assignments
from router.casework.decisions import interim_reply
from router.duplicates.decisions import merge
from router.duplicates.duplicate_sync import bring_all_along, bring_sub_cases_along, make_findable
from shared.events.submissions import SubmissionWithdrawn
from shared.events.topics import ASSIGNMENTS
from shared.operations.metrics import LEFT_BEHIND
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from tests.support import one_router
from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_router import URL, Client, Headers, becomes, command, publish, read
from tests.support.router import NOW, WEST, a_directory, an_assignment, an_id, received
from tests.support.serving import serving

settings, administrator = one_router.settings, one_router.administrator
officer, stranger, clerk = one_router.officer, one_router.stranger, one_router.clerk

HOLE = "A deep pothole in front of the girls' school has damaged my car."
SAME = "My car was damaged by the deep pothole at the girls' school."
HERE = {"lat": WEST[1], "lon": WEST[0]}
NEXT_DOOR = {"lat": WEST[1] + 0.0005, "lon": WEST[0]}
FAR = {"lat": WEST[1] + 0.2, "lon": WEST[0]}


@pytest_asyncio.fixture(loop_scope="session")
async def app(settings: Any) -> FastAPI:
    return create_app(settings)


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> Any:
    async with serving(app) as running:
        yield running


async def files(neighbours: Neighbours, client: Client, clerk: Headers, **changed: Any) -> tuple[str, str]:
    """Its id and its reference number, once it is with somebody."""
    id = an_id()
    reference = f"{id[:5]}-{id[9:13]}A".upper()
    await neighbours.publish(id, received(id, reference=reference, **changed))

    async def has_come() -> bool:
        return bool((await client.get(f"{URL}/assignments/{id}", headers=clerk)).status_code == 200)

    await eventually(has_come)
    return id, reference


async def test_two_of_one_matter_are_merged_undone_and_answered_together(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, stranger: Headers, clerk: Headers
) -> None:
    await publish(client, administrator)
    first, first_reference = await files(neighbours, client, clerk, text=HOLE, location=HERE)
    second, reference = await files(neighbours, client, clerk, text=SAME, location=NEXT_DOOR)
    await files(neighbours, client, clerk, text="A pothole on the highway.", location=FAR)

    found = (await client.get(f"{URL}/assignments/{second}/similar", headers=officer)).json()["items"]
    assert [(item["id"], item["reference"]) for item in found] == [(first, first_reference)]
    assert found[0]["metres"] in range(50, 60)
    assert (await client.get(f"{URL}/assignments/{second}/similar", headers=stranger)).status_code == 403
    assert (await client.get(f"{URL}/assignments/{second}/similar")).status_code == 401

    into = {"reference": first_reference, "reason": "The same hole."}
    assert (await command(client, second, "merge", stranger, **into)).status_code == 422, "it is nothing to them"
    assert (await command(client, second, "merge", officer, reference="NONE", reason="x")).status_code == 422
    itself = await command(client, second, "merge", officer, reference=reference, reason="x")
    assert (itself.status_code, itself.json()["type"].rpartition(":")[2]) == (409, "not-to-be-merged")
    key = {"Idempotency-Key": an_id()}
    for _ in range(2):
        merged = await client.post(f"{URL}/assignments/{second}/merge", json=into, headers=officer | key)
        assert (merged.status_code, merged.json()["state"]) == (200, "merged"), merged.text
    assert (await command(client, first, "merge", officer, reference=reference, reason="x")).status_code == 409
    listed = (await client.get(f"{URL}/assignments?limit=50", headers=officer)).json()["items"]
    assert second not in [item["id"] for item in listed], "it counts once"

    assert (await command(client, second, "unmerge", officer, reason="Another hole.")).json()["state"] == "assigned"
    assert (await command(client, second, "unmerge", officer, reason="Again.")).status_code == 409
    assert (await command(client, second, "merge", officer, **into)).status_code == 200
    told = [entry["what"] for entry in (await read(client, first, officer))["history"]][-3:]
    assert told == ["DuplicateMerged", "DuplicateUnmerged", "DuplicateMerged"]

    day = (utc_now() + timedelta(days=10)).date().isoformat()
    await command(client, first, "interim-reply", officer, text="It is ordered.", expected_on=day)

    async def has_heard() -> bool:
        return bool((await read(client, second, officer))["history"][-1]["why"] == "It is ordered.")

    await eventually(has_heard)
    await command(client, first, "answer", officer, text="It was filled.", reason_code="resolved")
    await becomes(client, second, officer, "answered")
    events = await neighbours.hear(ASSIGNMENTS, second, "SubmissionAssigned", "SubmissionAnswered")
    assert [(event.sequence, event.type, event.data.to_state) for event in events] == [
        (1, "SubmissionAssigned", "assigned"),
        (2, "SubmissionMerged", "merged"),
        (3, "SubmissionUnmerged", "assigned"),
        (4, "SubmissionMerged", "merged"),
        (5, "InterimReplyGiven", "merged"),
        (6, "SubmissionAnswered", "answered"),
    ]
    assert events[-1].data.text == "It was filled."

    async def is_done_with() -> bool:
        return bool((await read(client, first, officer))["history"][-1]["what"] == "SubmissionAnswered")

    await eventually(is_done_with)


async def test_whose_leader_is_withdrawn_stands_by_itself_again(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    await publish(client, administrator)
    first, first_reference = await files(neighbours, client, clerk, text=HOLE, location=HERE)
    second, _ = await files(neighbours, client, clerk, text=SAME, location=HERE)
    await command(client, second, "merge", clerk, reference=first_reference, reason="The same.")
    await neighbours.publish(
        first, SubmissionWithdrawn(submission_id=first, from_state="assigned", to_state="withdrawn")
    )
    shown = await becomes(client, second, officer, "assigned")
    assert shown["history"][-1]["what"] == "SubmissionUnmerged"


async def test_what_an_earlier_version_stored_without_keys_gets_some(
    client: Client, neighbours: Neighbours, administrator: Headers, clerk: Headers, mongo_database: Database
) -> None:
    await publish(client, administrator)
    id, _ = await files(neighbours, client, clerk, text=SAME, location=HERE)
    await mongo_database.assignments.update_one({"_id": id}, {"$unset": {"state.like": "", "state.found_by": ""}})
    await make_findable(Assignments(mongo_database), a_directory())
    stored = await mongo_database.assignments.find_one({"_id": id})
    assert stored is not None
    assert "kroads.pothole" in stored["state"]["like"]
    assert {"pothol", "a:west"} <= {*stored["state"]["found_by"]}
    await mongo_database.assignments.update_one({"_id": id}, {"$rename": {"state.found_by": "state.found_over"}})
    await make_findable(Assignments(mongo_database), a_directory())
    again = await mongo_database.assignments.find_one({"_id": id})
    assert again is not None
    assert again["state"] == stored["state"], "of what that version opened again"
    wordless = {"state.submission.text": "…", "state.submission.location": None, "state.found_by": None}
    await mongo_database.assignments.update_one({"_id": id}, {"$set": wordless})
    versions = []
    for _ in range(2):
        await make_findable(Assignments(mongo_database), a_directory())
        versions.append((await mongo_database.assignments.find_one({"_id": id}) or {})["version"])
    assert versions[0] == versions[1], "a text without a sign is not written anew every hour"


async def test_what_cannot_be_read_keeps_no_others_from_being_made_findable(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    ids = sorted(an_id() for _ in range(3))
    await assignments.collection.insert_many(StoredAggregate(id, state=an_assignment()).document() for id in ids)
    of_another_time = {"$set": {"state.priority": "of another time"}}
    await assignments.collection.update_many({"_id": {"$in": ids[:2]}}, of_another_time)
    failed = LEFT_BEHIND.labels("findable")._value.get()
    await make_findable(assignments, a_directory())
    assert LEFT_BEHIND.labels("findable")._value.get() == failed + 2
    found = await assignments.page(CaseQuery(OPEN, "works", signs=(("pothol",),)), None, 5)
    assert [each.id for each in found] == ids[2:]


async def test_what_cannot_be_read_keeps_no_others_from_being_answered_together(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    leading, merged = sorted(an_id() for _ in range(3)), [an_id() for _ in range(3)]
    for id, parent_id in zip(merged, leading, strict=True):
        duplicate, parent = merge(id, an_assignment(), parent_id, an_assignment(), "The same.", "officer.works", NOW)
        assert parent is not None
        answer = (Move.ANSWER, "SubmissionAnswered", "officer.works", NOW, "It is filled.")
        ended = parent.state.moved(*answer, code="resolved")
        documents = [
            StoredAggregate(id, state=duplicate.state).document(),
            StoredAggregate(parent_id, state=ended).document(),
        ]
        await assignments.collection.insert_many(documents)
    of_another_time = {"$set": {"state.state": "of another time"}}
    await assignments.collection.update_many({"_id": {"$in": [merged[0], leading[1]]}}, of_another_time)
    failed = LEFT_BEHIND.labels("together")._value.get()
    await bring_all_along(assignments, NOW)
    assert LEFT_BEHIND.labels("together")._value.get() == failed + 2
    left = [each["_id"] for each in await assignments.leading("", 9)]
    assert left == leading[:2], "tried again the next time"
    assert [each["_id"] for each in await assignments.leading(leading[0], 9)] == leading[1:2]
    answered = await assignments.find(merged[2])
    assert answered is not None
    assert answered.state is not None
    assert answered.state.state is State.ANSWERED


async def test_of_those_merged_one_that_cannot_be_read_keeps_no_other_from_hearing_of_a_reply(
    mongo_database: Database,
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    leading, merged, parent = an_id(), [an_id(), an_id()], an_assignment()
    for id in merged:
        duplicate, other = merge(id, an_assignment(), leading, parent, "The same.", "officer.works", NOW)
        assert other is not None
        parent = other.state
        await assignments.collection.insert_one(StoredAggregate(id, state=duplicate.state).document())
    replied = interim_reply(leading, parent, "It is ordered.", NOW, "officer.works", NOW).state
    await assignments.collection.insert_one(StoredAggregate(leading, state=replied).document())
    await assignments.collection.update_one({"_id": merged[0]}, {"$set": {"state.state": "of another time"}})
    failed = LEFT_BEHIND.labels("together")._value.get()
    await bring_sub_cases_along(assignments, NOW)
    assert LEFT_BEHIND.labels("together")._value.get() == failed + 1
    heard = await assignments.find(merged[1])
    assert heard is not None
    assert heard.state is not None
    assert heard.state.history[-1].why == "It is ordered."
    assert await assignments.telling_sub_cases("", 9) == [], "done with, until there is another reply"


async def test_the_desk_shows_what_is_alike_merges_links_and_undoes_it(
    app: FastAPI, client: Client, neighbours: Neighbours, administrator: Headers, clerk: Headers
) -> None:
    await publish(client, administrator)
    _, first = await files(neighbours, client, clerk, text=HOLE, location=HERE)
    _, second = await files(neighbours, client, clerk, text=SAME, location=NEXT_DOOR)
    async with AtTheDesk(app, "officer.works", "officer", "works") as officer:
        page = await officer.opens(f"/desk/{second}")
        assert first in page
        assert "metres away" in page
        at = f"/desk/{second}/similar"
        again = await officer.sends(await officer.opens(at), at, do="merge", reference=first, reason="")
        assert again.status_code == 422
        assert "Say why." in again.text
        page = await officer.opens(at)
        for did in ("link", "unlink"):
            done = await officer.sends(page, at, do=did, reference=first)
            assert done.headers["Location"] == f"{at}?did={did}"
            page = await officer.opens(at)
        done = await officer.sends(page, at, do="merge", reference=first, reason="The same.")
        assert done.headers["Location"] == f"{at}?did=merge", done.text
        late = await officer.sends(page, at, do="link", reference=first)
        assert (late.status_code, "This changed since you opened the page" in late.text) == (412, True)
        assert "1 submission was merged into this one" in await officer.opens(f"/desk/{first}")
        page = await officer.opens(at)
        assert "Undo the merging" in page
        done = await officer.sends(page, at, do="unmerge", reason="Another hole.")
        assert done.headers["Location"] == f"{at}?did=unmerge", done.text
        assert not re.search("Undo the merging", await officer.opens(at))
    async with AtTheDesk(app, "officer.ewa", "officer", "ewa") as stranger:
        await stranger.opens(at, 403)


async def test_a_page_opens_although_what_stands_beside_cannot_be_read(
    app: FastAPI, client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    await publish(client, administrator)
    _, leading = await files(neighbours, client, clerk, text=HOLE, location=HERE)
    merged = [await files(neighbours, client, clerk, text=SAME, location=NEXT_DOOR) for _ in range(2)]
    for id, _ in merged:
        assert (await command(client, id, "merge", officer, reference=leading, reason="It is.")).status_code == 200
    spoilt = {"_id": merged[0][0]}
    await app.state.assignments.collection.update_one(spoilt, {"$set": {"state.priority": "not one"}})
    async with AtTheDesk(app, "officer.works", "officer", "works") as at_the_desk:
        assert "2 submissions were merged into this one" in await at_the_desk.opens(f"/desk/{leading}")
        page = await at_the_desk.opens(f"/desk/{leading}/similar")
    assert [f'href="/desk/{reference}"' in page for _, reference in merged] == [False, True]
