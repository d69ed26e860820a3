"""The other services, as far as the one under test can tell: events in their envelope come in, its own are heard."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from shared.events.envelope import Cause, Event, OutgoingEvent, kafka_headers, outbox_entry, read_event, seal
from shared.events.model import EventData
from shared.events.topics import BY_EVENT, Topic
from shared.messaging.kafka import connection_options, ensure_topics, make_producer, partitions_of
from shared.operations.settings import KafkaSettings
from shared.reference.working_time import utc_now

from tests.support.events.collected import collect_if_asked

PATIENCE_SECONDS = 60.0


class Neighbours:
    """Publishes with the sequence each (topic, key) has reached, and reads any topic from its beginning."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self.sequences: dict[tuple[str, str], int] = defaultdict(int)
        self._producer: Any = None
        self._consumers: dict[str, Any] = {}
        self._heard: dict[str, dict[str, Event]] = defaultdict(dict)
        """By topic and event id: a relay that ends between sending and noting sends the same event again."""
        self.erased: set[str] = set()
        """Keys of the tombstones among what was heard."""

    async def start(self) -> None:
        await ensure_topics(self.settings)
        self._producer = make_producer(self.settings)
        await self._producer.start()

    async def stop(self) -> None:
        await collect_if_asked(self.settings)
        for client in (self._producer, *self._consumers.values()):
            await client.stop()
        admin = AIOKafkaAdminClient(**connection_options(self.settings))
        await admin.start()
        made = [name for name in await admin.list_topics() if name.startswith(self.settings.topic_prefix)]
        await admin.delete_topics(made)
        await admin.close()

    def event(self, key: str, data: EventData, time: datetime | None = None, id: str | None = None) -> Event:
        """The next event of its topic and key, not sent yet."""
        topic = BY_EVENT[type(data)]
        self.sequences[topic.name, key] += 1
        sequence = self.sequences[topic.name, key]
        cause = Cause(correlation_id=str(uuid4()))
        return seal(OutgoingEvent(data, id=id), key, sequence, f"/tawasul/{topic.owner}", time or utc_now(), cause)

    async def publish(self, key: str, *data: EventData) -> list[Event]:
        """Send one event of each, in order, and wait until Kafka has them."""
        events = [self.event(key, each) for each in data]
        await self.send(events)
        return events

    async def send(self, events: Sequence[Event]) -> None:
        """Send events as they are; the same one twice is a repetition."""
        acknowledged = []
        for event in events:
            entry = outbox_entry(event)
            acknowledged.append(
                await self._producer.send(
                    self.settings.topic_prefix + event.topic.name,
                    value=entry["value"],
                    key=event.key.encode(),
                    timestamp_ms=int(event.time.timestamp() * 1_000),
                    headers=kafka_headers(entry),
                )
            )
        await asyncio.gather(*acknowledged)

    async def hear(self, topic: Topic, key: str, *types: str) -> list[Event]:
        """All events of one key, as soon as these types are among them, in this order.

        Raises TimeoutError with what was heard instead.
        """
        return await self.hear_until(topic, lambda events: _in_order(types, events), key)

    async def hear_until(
        self,
        topic: Topic,
        enough: Callable[[Sequence[Event]], bool],
        key: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> list[Event]:
        """All events of the topic, or of one of its keys, as soon as they are enough."""
        deadline = asyncio.get_running_loop().time() + patience
        consumer = await self._consumer(topic)
        while True:
            events = [event for event in self._heard[topic.name].values() if key in (None, event.key)]
            if enough(events):
                return events
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{topic.name} said only {[event.type for event in events]}")
            for records in (await consumer.getmany(timeout_ms=100)).values():
                self.erased |= {record.key.decode() for record in records if record.value is None}
                for record in records:
                    if record.value is not None:
                        event = read_event(topic, record.key, record.value, record.headers)
                        self._heard[topic.name].setdefault(event.id, event)

    async def _consumer(self, topic: Topic) -> Any:
        if topic.name not in self._consumers:
            consumer = AIOKafkaConsumer(**connection_options(self.settings), enable_auto_commit=False)
            await consumer.start()
            name = self.settings.topic_prefix + topic.name
            partitions = [TopicPartition(name, number) for number in range(partitions_of(self.settings, topic))]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            self._consumers[topic.name] = consumer
        return self._consumers[topic.name]


def _in_order(types: Sequence[str], events: Sequence[Event]) -> bool:
    said = iter(event.type for event in events)
    return all(type in said for type in types)


@contextlib.asynccontextmanager
async def neighbourhood(kafka_bootstrap: str, prefix: str | None = None) -> AsyncIterator[Neighbours]:
    """Topics of their own, deleted afterwards; for a fixture of any scope."""
    own = prefix or f"t{uuid4().hex[:10]}."
    started = Neighbours(KafkaSettings(kafka_bootstrap=kafka_bootstrap, topic_prefix=own, kafka_partitions=3))
    await started.start()
    try:
        yield started
    finally:
        await started.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def neighbours(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap, topic_prefix) as started:
        yield started
