"""Batch consumers by generation: events come late, twice, in any order and in any batches, or not at all."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from shared.events.topics import SUBMISSIONS
from shared.reconciliation.differences import COLLECTION as DIFFERENCES
from shared.storage.aggregates import Document

from tests.support.events.in_memory import InMemoryDatabase
from tests.support.parcels import Handlers, a_consumer, a_submission, added, an_event, received, record

CASES = [a_submission() for _ in range(3)]
MOST_EVENTS = 5
EVENTS = {
    (case, sequence): an_event(
        received(id, f"{case}/1") if sequence == 1 else added(id, f"{case}/{sequence}"), sequence
    )
    for case, id in enumerate(CASES)
    for sequence in range(1, MOST_EVENTS + 1)
}

Delivered = Sequence[Sequence[tuple[int, int]]]

BATCHES: st.SearchStrategy[Delivered] = st.lists(
    st.lists(st.sampled_from(sorted(EVENTS)), min_size=1, max_size=8), min_size=1, max_size=6
)
"""Places of events, in the batches in which Kafka gives them."""


def taken(batches: Delivered) -> InMemoryDatabase:
    """What a consumer keeps after these, each batch taken at once: nothing may have to be waited for."""
    database = InMemoryDatabase()
    consumer = a_consumer(cast(Any, database), Handlers())
    consumer.longest_retry_seconds = 0.0

    async def take() -> None:
        for offset, batch in enumerate(batches):
            await consumer.take([record(EVENTS[place], offset) for place in batch])

    asyncio.run(take())
    assert database["dead_letters"].documents == []
    return database


def by_case(batches: Delivered) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for case, sequence in (place for batch in batches for place in batch):
        found[CASES[case]].add(sequence)
    return found


def parcels(database: InMemoryDatabase) -> dict[str, Document]:
    return {document["_id"]: document for document in database["parcels"].documents}


@given(BATCHES)
def test_each_event_that_came_has_its_effect_once(batches: Delivered) -> None:
    kept = parcels(taken(batches))
    assert kept.keys() == by_case(batches).keys()
    for case, id in enumerate(CASES):
        said = [said.split()[1] for said in kept.get(id, {"state": {"happened": []}})["state"]["happened"]]
        assert sorted(said) == [f"{case}/{sequence}" for sequence in sorted(by_case(batches)[id])]


@given(BATCHES)
def test_what_was_taken_is_known_up_to_its_newest_and_what_is_missing_below_it_is_noted(batches: Delivered) -> None:
    database = taken(batches)
    kept, noted = parcels(database), defaultdict(set)
    for each in database[DIFFERENCES].documents:
        noted[each["submission"]].add(each["sequence"])
    for id, came in by_case(batches).items():
        assert kept[id]["seen"] == {SUBMISSIONS.stream: max(came)}
        assert noted[id] == set(range(1, max(came))) - came


@given(BATCHES)
def test_what_follows_is_numbered_without_gaps_and_each_has_an_id_of_its_own(batches: Delivered) -> None:
    entries = [entry for document in parcels(taken(batches)).values() for entry in document["outbox"]]
    assert len({entry["id"] for entry in entries}) == len(entries)
    sequences = defaultdict(list)
    for entry in entries:
        sequences[entry["topic"], entry["key"]].append(entry["sequence"])
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in sequences.values())
    first = Counter(entry["causation_id"] for entry in entries)
    came = by_case(batches)
    assert first == {EVENTS[case, 1].id: 1 for case, id in enumerate(CASES) if 1 in came[id]}
