"""The relay on a real database and broker: nothing lost, nothing out of order, whatever happens meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaTimeoutError
from shared.events.envelope import Cause, OutgoingEvent
from shared.events.topics import SUBMISSIONS
from shared.messaging.kafka import Producer, ensure_topics, make_producer
from shared.messaging.lost_clients import ClientLost
from shared.messaging.relay import LeaseLost, Relay
from shared.operations.settings import KafkaSettings
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, LocalKafka
from tests.support.neighbours import Neighbours
from tests.support.own_tasks import Tasks, own_tasks
from tests.support.parcels import Parcel, added, parcels_of


class InterruptedProducer(Producer):
    """`before_acknowledgement` runs while an event is on its way, `failures` fail first."""

    failures = 0
    sent = 0

    async def before_acknowledgement(self) -> None: ...

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        self.sent += batch.record_count()
        if self.failures:
            self.failures -= 1
            raise KafkaTimeoutError
        await self.before_acknowledgement()
        return await super().send_batch(batch, topic, partition=partition)


def interrupted(neighbours: Neighbours) -> InterruptedProducer:
    producer = make_producer(neighbours.settings, InterruptedProducer)
    assert isinstance(producer, InterruptedProducer)
    return producer


@contextlib.asynccontextmanager
async def relaying(relay: Relay) -> AsyncIterator[None]:
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def add(database: Database, id: str, *texts: str) -> None:
    """One write that adds an event for each text."""

    def _decide(parcel: StoredAggregate[Parcel]) -> Decision[Parcel]:
        happened = parcel.state.happened if parcel.state else []
        drafts = [OutgoingEvent(added(id, text)) for text in texts]
        return Decision(Parcel(happened=[*happened, *texts]), drafts)

    await parcels_of(database).change(id, _decide, utc_now(), Cause("test"))


async def nothing_waits(database: Database) -> None:
    waiting = {"$or": [{"pending": {"$exists": True}}, {"outbox.0": {"$exists": True}}]}

    async def _none() -> bool:
        return await database["parcels"].count_documents(waiting) == 0

    await eventually(_none)


def texts(events: list[Any]) -> list[str]:
    return [event.data.text for event in events]


def of_aiokafka(tasks: Tasks) -> Tasks:
    """Those that go on and whose code is aiokafka's."""
    return {task for task in tasks if not task.done() and "/aiokafka/" in repr(task)}


SOON_SECONDS = 15.0
"""Less than a request may take, on a slow machine too."""


@pytest.fixture
def relay_of(mongo_database: Database, neighbours: Neighbours) -> Any:
    def _make(holder: str = "one", producer: Any = make_producer) -> Relay:
        return Relay(mongo_database, ["parcels"], neighbours.settings, holder, producer)

    return _make


async def test_a_producer_that_cannot_go_on_ends_the_term(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    """It would wait for ever for news of the cluster. The next term begins with another one."""
    await parcels_of(mongo_database).ensure_indexes()
    id = str(uuid4())
    await add(mongo_database, id, "waits")
    lost = interrupted(neighbours)

    async def _lose() -> None:
        lost.client._sync_task.cancel()
        await asyncio.Event().wait()

    lost.before_acknowledgement = _lose  # type: ignore[method-assign]
    with pytest.raises(ClientLost, match="metadata: cancelled"):
        await relay_of(producer=lambda settings: lost).run()
    assert lost.sent == 1
    async with relaying(relay_of()):
        await nothing_waits(mongo_database)


@pytest.mark.parametrize(("stands_still", "cancellations"), [(False, 0), (False, 2), (True, 0)])
async def test_what_kafka_did_not_take_is_not_sent_after_the_end_of_the_term(
    tmp_path: Path, stands_still: bool, cancellations: int
) -> None:
    """The next term sends it, perhaps with something newer behind: what comes after that would be put in its place."""
    kafka = LocalKafka(tmp_path)
    await kafka.start()
    with own_tasks() as own:
        try:
            settings = KafkaSettings(kafka_bootstrap=kafka.bootstrap, kafka_partitions=1)
            await ensure_topics(settings)
            producer = make_producer(settings)
            await producer.start()
            await producer.send_and_wait(SUBMISSIONS.name, b"taken")
            assert of_aiokafka(own)
            if stands_still:
                kafka.suspend()
            else:
                await kafka.kill()
            waits = await producer.send(SUBMISSIONS.name, b"too late")
            stopping = asyncio.create_task(producer.stop())
            await eventually(lambda: producer._closed)
            for _ in range(cancellations):
                stopping.cancel()
                await asyncio.sleep(0)  # it hears of each
            await asyncio.wait([stopping], timeout=SOON_SECONDS)
            assert stopping.cancelled() == bool(cancellations)
            assert not waits.done()
            await eventually(lambda: not of_aiokafka(own), SOON_SECONDS)
        finally:
            await kafka.kill()


async def test_events_of_one_document_arrive_whole_and_in_order(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    await parcels_of(mongo_database).ensure_indexes()
    ids = [str(uuid4()) for _ in range(30)]
    async with relaying(relay_of()):
        await asyncio.gather(*(add(mongo_database, id, "1", "2", "3") for id in ids))
        await asyncio.gather(*(add(mongo_database, id, "4") for id in ids))
        await nothing_waits(mongo_database)
    heard = await neighbours.hear_until(SUBMISSIONS, lambda events: len(events) >= 120)
    for id in ids:
        of_id = [event for event in heard if event.key == id]
        assert [event.sequence for event in of_id] == [1, 2, 3, 4]
        assert texts(of_id) == ["1", "2", "3", "4"]


async def test_what_was_written_while_no_relay_ran_is_swept(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    await parcels_of(mongo_database).ensure_indexes()
    id = str(uuid4())
    await add(mongo_database, id, "before")
    async with relaying(relay_of()):
        await nothing_waits(mongo_database)
    assert texts(await neighbours.hear(SUBMISSIONS, id, "InformationAdded")) == ["before"]


async def test_a_second_event_written_while_the_first_is_being_sent_is_neither_lost_nor_doubled(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    await parcels_of(mongo_database).ensure_indexes()
    id = str(uuid4())
    producer = interrupted(neighbours)

    async def _second_write() -> None:
        if producer.sent == 1:
            await add(mongo_database, id, "second")

    producer.before_acknowledgement = _second_write  # type: ignore[method-assign]
    await add(mongo_database, id, "first")
    async with relaying(relay_of(producer=lambda settings: producer)):
        await nothing_waits(mongo_database)
    heard = await neighbours.hear(SUBMISSIONS, id, "InformationAdded", "InformationAdded")
    assert texts(heard) == ["first", "second"]
    assert producer.sent == 2


async def test_a_failed_send_ends_the_term_and_the_next_one_sends_the_document_whole(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    await parcels_of(mongo_database).ensure_indexes()
    id = str(uuid4())
    await add(mongo_database, id, "1", "2")
    producer = interrupted(neighbours)
    producer.failures = 1
    relay = relay_of(producer=lambda settings: producer)
    with pytest.raises(KafkaTimeoutError):
        await relay.run()
    async with relaying(relay_of()):
        await nothing_waits(mongo_database)
    heard = await neighbours.hear(SUBMISSIONS, id, "InformationAdded", "InformationAdded")
    assert [event.sequence for event in heard][-2:] == [1, 2]


async def test_two_relays_at_once_repeat_at_most_the_same_events(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    """A process that was stopped believes in its lease when it wakes: correctness must not rest on the lease."""
    await parcels_of(mongo_database).ensure_indexes()
    ids = [str(uuid4()) for _ in range(20)]
    first, second = relay_of("one"), relay_of("two")
    for relay in (first, second):
        relay.lease._valid_until = float("inf")  # both believe that it is theirs
    async with asyncio.TaskGroup() as group:
        terms = [group.create_task(relay._lead()) for relay in (first, second)]
        for text in ("1", "2", "3"):
            await asyncio.gather(*(add(mongo_database, id, text) for id in ids))
        await nothing_waits(mongo_database)
        for term in terms:
            term.cancel()
    heard = await neighbours.hear_until(SUBMISSIONS, lambda events: len({event.id for event in events}) >= 60)
    for id in ids:
        once = list(dict.fromkeys((event.id, event.sequence) for event in heard if event.key == id))
        assert [sequence for _, sequence in once] == [1, 2, 3]


async def test_only_the_holder_of_the_lease_sends_and_another_takes_over(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    await parcels_of(mongo_database).ensure_indexes()
    id = str(uuid4())
    spare = interrupted(neighbours)
    first = relay_of("one")
    leading = asyncio.create_task(first.run())
    await eventually(lambda: first.lease.held)
    async with relaying(relay_of("two", lambda settings: spare)):
        await add(mongo_database, id, "by the first")
        await nothing_waits(mongo_database)
        assert spare.sent == 0
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
        await add(mongo_database, id, "by the second")
        await nothing_waits(mongo_database)
    assert spare.sent == 1
    assert texts(await neighbours.hear(SUBMISSIONS, id, "InformationAdded", "InformationAdded")) == [
        "by the first",
        "by the second",
    ]


async def test_a_relay_that_lost_its_lease_while_it_was_stopped_sends_nothing(
    mongo_database: Database, neighbours: Neighbours, relay_of: Any
) -> None:
    await parcels_of(mongo_database).ensure_indexes()
    await add(mongo_database, str(uuid4()), "old")
    producer = interrupted(neighbours)
    with pytest.raises(LeaseLost):
        await relay_of(producer=lambda settings: producer)._lead()
    assert producer.sent == 0
