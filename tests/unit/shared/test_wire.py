"""A consumer reads the same event that its owner wrote: each event, out of an outbox, through the publisher, back."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer
from shared.events.envelope import Cause, Event, OutgoingEvent, outbox_entry, read_event, seal
from shared.events.model import EventData
from shared.events.submissions import SubmissionWithdrawn
from shared.events.topics import BY_NAME, TOPICS, Topic
from shared.ids import new_id
from shared.messaging.publisher import Publisher

from tests.support.events.generated import limits_of

PREFIX = "test."
WRITTEN_AT = datetime(2026, 11, 24, 9, 12, 33, 987_000, tzinfo=UTC)
EVENTS = [
    pytest.param(topic, event, id=f"{topic.stream}-{event.__name__}")
    for topic in TOPICS
    for event in topic.events.values()
]


class Batch:
    def __init__(self, room: int) -> None:
        self.room = room
        self.records: list[dict[str, Any]] = []

    def append(self, **record: Any) -> object | None:
        if len(self.records) == self.room:
            return None
        self.records.append(record)
        return object()


class Broker:
    """Takes batches as Kafka does, and keeps their records in the order of their partitions."""

    def __init__(self, partitions: int = 3, room: int = 2) -> None:
        self.partitions = partitions
        self.room = room
        self.kept: list[tuple[str, int, dict[str, Any]]] = []

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self.partitions))

    def create_batch(self) -> Batch:
        return Batch(self.room)

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        self.kept += [(topic, partition, record) for record in batch.records]
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        acknowledged.set_result(None)
        return acknowledged


def published(events: list[Event]) -> list[tuple[int, dict[str, Any], Event]]:
    """The partition, the record and the event that is read from it."""

    async def publish() -> Broker:
        broker = Broker()
        await Publisher(cast(AIOKafkaProducer, broker), PREFIX).send([outbox_entry(event) for event in events])
        return broker

    kept = asyncio.run(publish()).kept
    return [
        (
            partition,
            record,
            read_event(BY_NAME[topic.removeprefix(PREFIX)], record["key"], record["value"], record["headers"]),
        )
        for topic, partition, record in kept
    ]


def an_event(data: EventData, key: str, sequence: int = 1, time: datetime = WRITTEN_AT) -> Event:
    cause = Cause(
        new_id(), causation_id=new_id(), traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    )
    return seal(OutgoingEvent(data), key, sequence, "/tawasul/test", time, cause)


def a_withdrawal() -> EventData:
    return next(data for _, data in limits_of(SubmissionWithdrawn, {}))


@pytest.mark.parametrize(("topic", "event"), EVENTS)
def test_what_is_read_is_what_was_written(topic: Topic, event: type[EventData]) -> None:
    written = [
        an_event(data, f"case-{number}", number) for number, (_, data) in enumerate(limits_of(event, {}), start=1)
    ]
    read = {each.id: (record, each) for _, record, each in published(written)}
    for one in written:
        record, back = read[one.id]
        assert (back, record["key"]) == (one, one.key.encode())


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=9, minutes=30))])
def test_a_time_keeps_what_a_database_keeps_of_it_in_whatever_zone(zone: timezone) -> None:
    times = [WRITTEN_AT, WRITTEN_AT.replace(microsecond=0), WRITTEN_AT.replace(microsecond=1_000)]
    for time in times:
        ((_, record, back),) = published([an_event(a_withdrawal(), "case", time=time.astimezone(zone))])
        assert back.time == time
        assert record["timestamp"] == int(time.timestamp() * 1_000)


def test_the_events_of_one_case_stay_together_and_in_their_order() -> None:
    written = [an_event(a_withdrawal(), f"case-{case}", sequence) for sequence in range(1, 6) for case in range(20)]
    read = published(written)
    for case in {each.key for each in written}:
        of_case = [(partition, each.sequence) for partition, _, each in read if each.key == case]
        assert [sequence for _, sequence in of_case] == [1, 2, 3, 4, 5]
        assert len({partition for partition, _ in of_case}) == 1
    assert len({partition for partition, _, _ in read}) > 1
