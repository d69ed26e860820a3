"""What waits in an outbox is sent, whatever comes into it while the relay sends what it has read."""

import asyncio
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from shared.events.envelope import Cause, OutgoingEvent
from shared.messaging.relay import remove_sent
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate

from tests.support.events.in_memory import InMemoryCollection, InMemoryDatabase
from tests.support.parcels import Parcel, a_submission, added, parcels_of

CASES = [a_submission() for _ in range(4)]

WRITES = st.lists(st.tuples(st.sampled_from(CASES), st.integers(1, 3)), max_size=6)
"""In which case, and how many events at once."""


def written(database: InMemoryDatabase, writes: list[tuple[str, int]]) -> None:
    async def write() -> None:
        parcels = parcels_of(cast(Any, database))
        for id, count in writes:
            aggregate = await parcels.find(id) or StoredAggregate[Parcel](id)
            drafts = [OutgoingEvent(added(id, "more")) for _ in range(count)]
            aggregate.apply(Decision(Parcel(), drafts), "/test", utc_now(), Cause(id))
            await parcels.save([aggregate])

    asyncio.run(write())


def waiting_in(collection: InMemoryCollection) -> list[Document]:
    """The documents as a relay reads them."""
    return [document for document in collection.documents if "pending" in document]


@given(before=WRITES, meanwhile=WRITES)
def test_what_was_sent_is_taken_out_and_what_came_meanwhile_waits(
    before: list[tuple[str, int]], meanwhile: list[tuple[str, int]]
) -> None:
    database = InMemoryDatabase()
    collection = database["parcels"]
    written(database, before)
    sent = waiting_in(collection)
    written(database, meanwhile)
    asyncio.run(remove_sent(cast(Any, collection), sent))
    gone = {entry["id"] for document in sent for entry in document["outbox"]}
    came = sum(count for _, count in meanwhile)
    left = collection.waiting()
    assert len(left) == came
    assert gone.isdisjoint(entry["id"] for entry in left)
    with_some = {document["_id"] for document in collection.documents if document["outbox"]}
    assert {document["_id"] for document in waiting_in(collection)} == with_some


@given(before=WRITES, meanwhile=WRITES)
def test_each_event_is_sent_once_and_in_its_order(
    before: list[tuple[str, int]], meanwhile: list[tuple[str, int]]
) -> None:
    database = InMemoryDatabase()
    collection = database["parcels"]
    sequences: dict[str, list[int]] = {}
    for writes in (before, meanwhile, []):
        sent = waiting_in(collection)
        written(database, writes)
        for document in sent:
            sequences.setdefault(document["_id"], []).extend(entry["sequence"] for entry in document["outbox"])
        asyncio.run(remove_sent(cast(Any, collection), sent))
    counts = {id: sum(count for case, count in [*before, *meanwhile] if case == id) for id in CASES}
    assert sequences == {id: list(range(1, count + 1)) for id, count in counts.items() if count}
