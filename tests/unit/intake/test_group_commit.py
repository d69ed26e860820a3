"""Group commit: what arrives meanwhile leaves together, and each one hears of its own fate."""

import asyncio
from typing import Any

import pytest
from intake.submissions.group_commit_store import GroupCommit, NotStored, QueueFull, Rejected
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect, BulkWriteError

from tests.support.eventually import eventually


class FakeCollection:
    """Takes writes when it is let go on; `outcome` decides each batch."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.outcome: Exception | None = None

    async def insert_many(self, documents: list[dict[str, Any]], ordered: bool) -> None:
        assert not ordered
        self.batches.append(documents)
        await self.may_go_on.wait()
        if self.outcome:
            raise self.outcome


def a_commit(queue_limit: int = 100, commit_limit: int = 50) -> tuple[GroupCommit, FakeCollection]:
    collection = FakeCollection()
    return GroupCommit(collection, queue_limit, commit_limit), collection  # type: ignore[arg-type]


async def add_all(commit: GroupCommit, count: int) -> list[BaseException | None]:
    return await asyncio.gather(*(commit.add({"_id": n}) for n in range(count)), return_exceptions=True)


async def test_a_lone_submission_is_written_at_once() -> None:
    commit, collection = a_commit()
    await commit.add({"_id": 1})
    assert collection.batches == [[{"_id": 1}]]


async def test_what_arrives_during_a_write_leaves_together_in_the_next_one() -> None:
    commit, collection = a_commit(commit_limit=4)
    collection.may_go_on.clear()
    first = asyncio.create_task(commit.add({"_id": "first"}))
    await eventually(lambda: collection.batches)
    others = [asyncio.create_task(commit.add({"_id": n})) for n in range(6)]
    await eventually(lambda: len(commit._queue) == 6)
    collection.may_go_on.set()
    await asyncio.gather(first, *others)
    assert [len(batch) for batch in collection.batches] == [1, 4, 2]


async def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    commit, collection = a_commit(queue_limit=3)
    collection.may_go_on.clear()
    waiting = asyncio.create_task(add_all(commit, 5))
    await eventually(lambda: collection.batches)
    collection.may_go_on.set()
    outcomes = await waiting
    refused = [outcome for outcome in outcomes if isinstance(outcome, QueueFull)]
    assert len(refused) == 2
    assert sum(len(batch) for batch in collection.batches) == 3


async def test_a_bad_document_fails_alone() -> None:
    commit, collection = a_commit()
    collection.outcome = BulkWriteError({"writeErrors": [{"index": 1, "code": 11000}], "writeConcernErrors": []})
    outcomes = await add_all(commit, 3)
    assert [type(outcome) for outcome in outcomes] == [type(None), Rejected, type(None)]


async def test_without_a_majority_nobody_is_acknowledged() -> None:
    commit, collection = a_commit()
    collection.outcome = BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]})
    assert {type(outcome) for outcome in await add_all(commit, 3)} == {NotStored}


async def test_an_outage_tells_everyone_of_the_batch_and_the_next_write_is_tried() -> None:
    commit, collection = a_commit()
    collection.outcome = AutoReconnect("gone")
    assert {type(outcome) for outcome in await add_all(commit, 3)} == {NotStored}
    collection.outcome = None
    assert await add_all(commit, 2) == [None, None]


async def test_who_left_meanwhile_disturbs_nobody() -> None:
    commit, collection = a_commit()
    collection.may_go_on.clear()
    gone, stays = (asyncio.create_task(commit.add({"_id": n})) for n in range(2))
    await eventually(lambda: collection.batches)
    gone.cancel()
    collection.may_go_on.set()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_draining_waits_for_everything_asked_for() -> None:
    commit, collection = a_commit()
    asked = [asyncio.create_task(commit.add({"_id": n})) for n in range(5)]
    await eventually(lambda: collection.batches)
    await commit.drain()
    assert sum(len(batch) for batch in collection.batches) == 5
    await asyncio.gather(*asked)


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("tawasul_intake_acknowledgements_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize(
    ("outcome", "trouble"),
    [
        ("in_time", None),
        ("in_time", BulkWriteError({"writeErrors": [{"index": 1, "code": 11000}], "writeConcernErrors": []})),
        ("not_stored", AutoReconnect("gone")),
        ("not_stored", BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]})),
    ],
    ids=["stored", "a repetition has its answer", "no database", "no majority"],
)
async def test_every_submission_is_counted_once_by_what_came_of_it(outcome: str, trouble: Exception | None) -> None:
    commit, collection = a_commit()
    collection.outcome = trouble
    before = counted(outcome)
    await add_all(commit, 3)
    assert counted(outcome) == before + 3


async def test_who_is_refused_at_a_full_queue_is_counted_as_refused() -> None:
    commit, _ = a_commit(queue_limit=0)
    before = counted("refused")
    await add_all(commit, 2)
    assert counted("refused") == before + 2
