"""A submission that was answered long enough ago closes by itself, found by its time alone."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from intake.app import create_app
from intake.followers.commands import LAPSES_AFTER
from intake.submissions.group_commit_store import GroupCommit
from intake.submissions.life import Status
from intake.submissions.store import Submissions
from intake.tracking.auto_close import AT_ONCE, close_due, lapse_due
from shared.events.assignments import SubmissionAnswered, SubmissionAssigned
from shared.events.topics import SUBMISSIONS
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate
from shared.storage.item_isolation import SkippedItems

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import a_filing, a_submission, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.serving import serving

URL = "/api/intake/v1/submissions"
ALREADY = 40
WAITING = 400
CLOSED = 400


@pytest_asyncio.fixture(loop_scope="session")
async def settings(infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours) -> Any:
    return intake_settings(infrastructure, mongo_database.name, neighbours.settings.topic_prefix)


@pytest_asyncio.fixture(loop_scope="session")
async def submissions(mongo_database: Database) -> AsyncIterator[Submissions]:
    """Some that are due, many that wait, and many more with nothing to wait for."""
    commits = GroupCommit(mongo_database["submissions"], 2_000, 1_000)
    stored = Submissions(mongo_database, commits)
    await stored.ensure_indexes()
    now = utc_now()
    times = [now - timedelta(hours=n + 1) for n in range(ALREADY)] + [
        now + timedelta(hours=n + 1) for n in range(WAITING)
    ]
    documents = [
        StoredAggregate(
            str(uuid4()), state=a_submission(Status.ANSWERED if at else Status.CLOSED, close_at=at, reference=str(n))
        ).document()
        for n, at in enumerate([*times, *[None] * CLOSED])
    ]
    await mongo_database["submissions"].insert_many(documents)
    yield stored


async def test_what_is_due_is_read_from_the_index_in_its_order(
    submissions: Submissions, mongo_database: Database
) -> None:
    await mongo_database.command("profile", 2)
    due = await submissions.due_to_close(utc_now(), ALREADY * 2)
    await mongo_database.command("profile", 0)
    read = await mongo_database["system.profile"].find_one({"command.find": "submissions"})
    assert read is not None
    assert "IXSCAN { state.close_at: 1 }" in read["planSummary"]
    assert (read["docsExamined"], read["keysExamined"], read.get("hasSortStage")) == (ALREADY, ALREADY, None)
    closing_times = [(found := await submissions.find(id)) and found.state and found.state.close_at for id in due]
    assert len(closing_times) == ALREADY
    assert closing_times == sorted(closing_times, key=lambda at: at or utc_now())


async def test_more_spoilt_submissions_than_are_looked_at_at_once_keep_no_other_open(
    submissions: Submissions, mongo_database: Database
) -> None:
    now = utc_now()
    spoilt = {"status": "spoilt", "close_at": now - timedelta(days=9), "request_open_since": now - 9 * LAPSES_AFTER}
    collection = mongo_database["submissions"]
    await collection.insert_many(
        [{"_id": f"spoilt-{n}", "version": 1, "state": spoilt | {"reference": f"S{n}"}} for n in range(AT_ONCE + 1)]
    )
    for look in (close_due, lambda *given: lapse_due(given[0], now, given[1])):
        left = SkippedItems[str]("closing")
        looked_at = [await look(submissions, left) for _ in range(3)]
        assert looked_at[0] == AT_ONCE
        assert looked_at[2] == 0, "not tried again and again"
    states = await collection.distinct("state.status", {"state.close_at": {"$lte": now}})
    assert states == ["spoilt"], "the others are closed"


async def test_the_worker_closes_what_is_due_says_so_and_leaves_the_others(
    settings: Any, neighbours: Neighbours
) -> None:
    long_ago = utc_now() - timedelta(days=settings.close_after_days, minutes=1)
    async with serving(create_app(settings)) as client:
        due, recent, unanswered = [await _file(client) for _ in range(3)]
        await _answer(neighbours, due, long_ago)
        await _answer(neighbours, recent, utc_now())
        for receipt in (due, recent):
            await eventually(lambda receipt=receipt: _is_answered(client, receipt))
    async with serving(create_app(settings)) as client:  # its worker looks as soon as it starts
        (*_, closed) = await neighbours.hear(SUBMISSIONS, due["id"], "SubmissionReceived", "SubmissionClosed")
        assert (closed.data.reason, closed.data.from_state, closed.data.to_state) == (
            "time_passed",
            "answered",
            "closed",
        )
        statuses = [(await _read(client, receipt))["status"] for receipt in (due, recent, unanswered)]
        assert statuses == ["closed", "answered", "received"]


async def _file(client: httpx2.AsyncClient) -> dict[str, Any]:
    receipt: dict[str, Any] = (await client.post(URL, json=a_filing())).json()
    return receipt


async def _read(client: httpx2.AsyncClient, receipt: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"{URL}/{receipt['reference']}", headers={"Tawasul-Secret": receipt["secret"]})
    shown: dict[str, Any] = answer.json()
    return shown


async def _is_answered(client: httpx2.AsyncClient, receipt: dict[str, Any]) -> bool:
    return (await _read(client, receipt))["status"] in ("answered", "closed")


async def _answer(neighbours: Neighbours, receipt: dict[str, Any], at: datetime) -> None:
    id, by = receipt["id"], {"entity": "works"}
    assigned = SubmissionAssigned(
        submission_id=id, from_state="in_triage", to_state="assigned", decided_by="rule", reason="lamp", **by
    )
    answered = SubmissionAnswered(
        submission_id=id,
        from_state="assigned",
        to_state="answered",
        text="It shines again.",
        reason_code="done",
        official="officer.works",
        **by,
    )
    await neighbours.send([neighbours.event(id, each, at) for each in (assigned, answered)])
