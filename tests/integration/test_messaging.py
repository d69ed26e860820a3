"""Batch consumers on a real database: what every delivery, outage and repetition comes to. What cannot be taken:
`test_set_aside.py`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect
from shared.events.envelope import Cause, Event
from shared.events.submissions import SubmissionReceived
from shared.events.topics import SUBMISSIONS
from shared.messaging.consumer import Consumer, Records, may_be_stored
from shared.messaging.dead_letters import DeadLetters
from shared.operations.metrics import EVENTS, SEQUENCE_GAPS
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, VersionMiss

from tests.support.infrastructure import Database
from tests.support.parcels import (
    GROUP,
    Handlers,
    Parcel,
    a_consumer,
    a_submission,
    added,
    an_event,
    happened,
    parcels_of,
    received,
    record,
    withdrawn,
)


async def outbox(database: Database, id: str) -> list[dict[str, object]]:
    document = await database["parcels"].find_one({"_id": id})
    return document["outbox"] if document else []


async def test_state_event_and_inbox_are_durable_together(mongo_database: Database) -> None:
    id, event = a_submission(), None
    event = an_event(received(id), 1)
    await a_consumer(mongo_database, Handlers()).take([record(event)])
    document = await mongo_database["parcels"].find_one({"_id": id})
    assert document is not None
    assert document["state"]["happened"] == ["received a lamp is out"]
    assert document["pending"] == document["emitted"] == 1
    (entry,) = document["outbox"]
    assert entry["sequence"] == 1
    assert entry["causation_id"] == event.id
    assert entry["correlation_id"] == event.correlation_id
    assert await mongo_database["inbox"].count_documents({"_id": event.id}) == 1


async def test_a_redelivered_batch_has_no_second_effect(mongo_database: Database) -> None:
    id = a_submission()
    batch = [record(an_event(received(id), 1)), record(an_event(added(id, "more"), 2), 1)]
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take(batch)
    await consumer.take(batch)
    await consumer.take([*batch, *batch])
    assert await happened(mongo_database, id) == ["received a lamp is out", "added more"]
    assert len(await outbox(mongo_database, id)) == 1


async def test_a_rebuild_leaves_the_records_of_an_earlier_life_as_they_are_and_adds_what_is_missing(
    mongo_database: Database,
) -> None:
    id, labels = a_submission(), mongo_database["labels"]
    events = [an_event(added(id, str(number)), number) for number in range(1, 5)]
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([record(event, place) for place, event in enumerate(events[:2])])
    before = await labels.find(sort=[("_id", 1)]).to_list()
    assert {each["_id"] for each in before} == {event.id for event in events[:2]}
    for collection in ("parcels", "inbox"):
        await mongo_database[collection].delete_many({})
    for event in events:  # batch by batch, so that more than one meets what is stored
        await consumer.take([record(event)])
    kept = labels.find({"_id": {"$in": [each["_id"] for each in before]}}, sort=[("_id", 1)])
    assert await kept.to_list() == before
    assert {each["_id"] async for each in labels.find()} == {event.id for event in events}
    assert await happened(mongo_database, id) == [f"added {number}" for number in range(1, 5)]


async def test_who_is_told_of_records_sees_them_before_they_are_stored_and_after_it_those_that_were(
    mongo_database: Database,
) -> None:
    id, labels, told = a_submission(), mongo_database["labels"], list[Any]()

    @contextmanager
    def _storing(records: Records) -> Iterator[None]:
        for label in records.get("labels", {}).values():
            label["seen"] = True
        try:
            yield
        except Exception as error:
            told.append((type(error), may_be_stored(error)))
            raise
        told.append([*records.get("labels", {})])

    first, second = (an_event(added(id, str(number)), number) for number in (1, 2))
    await labels.insert_one({"_id": first.id, "text": "of an earlier life"})
    consumer = Consumer(
        mongo_database, parcels_of(mongo_database), Handlers().table(), [SUBMISSIONS], GROUP, storing=_storing
    )
    await consumer.take([record(first), record(second, 1)])
    assert told == [(VersionMiss, False), [second.id]], "what stood there is found, and left"
    assert {each["_id"]: "seen" in each async for each in labels.find()} == {first.id: False, second.id: True}


async def test_two_events_of_one_submission_in_one_batch_are_one_write_in_order(mongo_database: Database) -> None:
    id = a_submission()
    await a_consumer(mongo_database, Handlers()).take(
        [record(an_event(received(id), 1)), *(record(an_event(added(id, str(n)), n), n) for n in range(2, 6))]
    )
    parcel = await parcels_of(mongo_database).find(id)
    assert parcel is not None
    assert parcel.version == 1
    assert await happened(mongo_database, id) == ["received a lamp is out", *(f"added {n}" for n in range(2, 6))]


async def test_an_event_before_its_aggregate_makes_a_shell_that_is_filled_later(mongo_database: Database) -> None:
    id = a_submission()
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([record(an_event(added(id, "early"), 2))])
    await consumer.take([record(an_event(received(id), 1))])
    assert await happened(mongo_database, id) == ["added early", "received a lamp is out"]


async def test_an_unknown_event_type_is_skipped_and_counted_and_leaves_no_gap(mongo_database: Database) -> None:
    id = a_submission()
    newer = an_event(added(id, "x"), 2)
    headers = [(n, b"SubmissionTeleported" if n == "ce_type" else v) for n, v in record(newer).headers]
    unknown = EVENTS.labels("tawasul.submissions.v1", "", "unknown")
    gaps = SEQUENCE_GAPS.labels("tawasul.submissions.v1")
    before, gaps_before = unknown._value.get(), gaps._value.get()
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([record(an_event(received(id), 1)), record(newer, 1, headers=headers)])
    await consumer.take([record(an_event(added(id, "next"), 3), 2)])
    assert unknown._value.get() == before + 1
    assert gaps._value.get() == gaps_before
    assert await happened(mongo_database, id) == ["received a lamp is out", "added next"]
    assert await DeadLetters(mongo_database, GROUP).held() == 0


async def test_an_event_of_a_newer_minor_version_is_taken_for_what_is_known_of_it(mongo_database: Database) -> None:
    id = a_submission()
    event = an_event(received(id), 1)
    value = record(event).value[:-1] + b',"weather":"dust"}'
    await a_consumer(mongo_database, Handlers()).take([record(event, value=value)])
    assert await happened(mongo_database, id) == ["received a lamp is out"]


async def test_a_lost_event_is_counted_and_never_waited_for(mongo_database: Database) -> None:
    id = a_submission()
    gaps = SEQUENCE_GAPS.labels("tawasul.submissions.v1")
    before = gaps._value.get()
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([record(an_event(received(id), 1)), record(an_event(added(id, "third"), 3), 1)])
    assert gaps._value.get() == before + 1
    assert await happened(mongo_database, id) == ["received a lamp is out", "added third"]


async def test_an_ignored_event_is_noted_so_that_the_next_one_is_no_gap(mongo_database: Database) -> None:
    id = a_submission()
    gaps = SEQUENCE_GAPS.labels("tawasul.submissions.v1")
    before = gaps._value.get()
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([record(an_event(received(id), 1))])
    await consumer.take([record(an_event(withdrawn(id), 2), 1)])
    await consumer.take([record(an_event(added(id, "third"), 3), 2)])
    assert gaps._value.get() == before


async def test_a_repetition_from_before_the_inbox_remembers_shows_by_its_sequence(mongo_database: Database) -> None:
    id = a_submission()
    consumer = a_consumer(mongo_database, Handlers())
    old = an_event(received(id), 1, age=timedelta(days=40))
    await consumer.take([record(old)])
    await mongo_database["inbox"].delete_many({})
    await consumer.take([record(old, 1)])
    assert await happened(mongo_database, id) == ["received a lamp is out"]


async def test_reference_data_that_is_not_there_yet_is_waited_for(mongo_database: Database) -> None:
    id, handlers = a_submission(), Handlers()
    handlers.patience = 2
    await a_consumer(mongo_database, handlers).take([record(an_event(received(id, "not yet"), 1))])
    assert await happened(mongo_database, id) == ["received not yet"]
    assert await DeadLetters(mongo_database, GROUP).held() == 0


async def test_a_race_with_a_command_decides_again_on_what_is_there_now(mongo_database: Database) -> None:
    id, handlers = a_submission(), Handlers()
    consumer, parcels = a_consumer(mongo_database, handlers), parcels_of(mongo_database)
    await consumer.take([record(an_event(received(id), 1))])
    raced = False
    load = parcels.load

    class Racing(type(parcels)):  # type: ignore[misc]
        """Another writer is quicker, once, between reading and writing."""

        async def load(self, ids, session=None):  # type: ignore[no-untyped-def]
            nonlocal raced
            found = await load(ids, session)
            if not raced:
                raced = True
                await parcels.change(
                    id,
                    lambda it: Decision(Parcel(happened=[*it.state.happened, "raced"])),  # type: ignore[union-attr]
                    utc_now(),
                    Cause("race"),
                )
            return found

    consumer.aggregates = Racing(parcels.collection, Parcel, parcels.source)
    await consumer.take([record(an_event(added(id, "after"), 2), 1)])
    assert await happened(mongo_database, id) == ["received a lamp is out", "raced", "added after"]


async def test_an_outage_that_outlasts_the_retries_gives_the_batch_back(mongo_database: Database) -> None:
    consumer = a_consumer(mongo_database, Handlers())

    class Down(type(consumer.inbox)):  # type: ignore[misc]
        async def known(self, ids):  # type: ignore[no-untyped-def]
            raise AutoReconnect("no primary")

    consumer.inbox = Down(mongo_database)
    consumer.longest_retry_seconds = 0.1
    with pytest.raises(AutoReconnect):
        await consumer.take([record(an_event(received(a_submission()), 1))])
    assert await DeadLetters(mongo_database, GROUP).held() == 0


async def test_a_batch_is_prepared_once_with_what_was_not_taken_before(mongo_database: Database) -> None:
    old, new, asked = a_submission(), a_submission(), []
    handlers, given = Handlers(), []
    consumer = a_consumer(mongo_database, handlers)
    first, again = an_event(received(old), 1), an_event(received(new), 1)

    async def prepare(events: Sequence[Event]) -> str:
        asked.append([event.id for event in events])
        return f"prepared {len(events)}"

    def on_received(state: Parcel | None, event: Event, reference: object, now: datetime) -> Decision[Parcel]:
        given.append(reference)
        return handlers.on_received(state, event, reference, now)

    await consumer.take([record(first)])
    consumer.prepare, consumer.handlers = prepare, {**handlers.table(), SubmissionReceived: on_received}
    await consumer.take([record(first), record(again, 1)])
    assert (asked, given) == ([[again.id]], ["prepared 1"])
    assert await happened(mongo_database, new) == ["received a lamp is out"]


async def test_what_prepares_a_batch_is_asked_again_after_an_outage(mongo_database: Database) -> None:
    id, attempts = a_submission(), []
    consumer = a_consumer(mongo_database, Handlers())

    async def prepare(events: Sequence[Event]) -> None:
        attempts.append(len(events))
        if len(attempts) == 1:
            raise AutoReconnect("gone for a moment")

    consumer.prepare = prepare
    await consumer.take([record(an_event(received(id), 1))])
    assert attempts == [1, 1]
    assert await happened(mongo_database, id) == ["received a lamp is out"]
