"""Kafka's side: records as lines of JSON, read from where consumers stand and put back where they were."""

import asyncio
import base64
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from shared.events.envelope import Event, InvalidEvent, UnknownEventType, read_event
from shared.events.topics import BY_NAME, TOPICS, TOPICS_OF_FACTS, Topic
from shared.messaging.kafka import connection_options, make_producer
from shared.operations.settings import KafkaSettings

from tawasul.backup.refusal import Refused
from tawasul.flows import groups_reading

POLLED_MILLISECONDS = 500
EMPTY_POLLS = 120
"""A minute without a record, though there are more: Kafka is gone."""
SENT_TOGETHER = 1_000


class Position(NamedTuple):
    """A partition of a topic by its declared name, without a prefix."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class BackedUpRecord:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    def line(self) -> bytes:
        return orjson.dumps(
            {
                "topic": self.topic,
                "partition": self.partition,
                "offset": self.offset,
                "timestamp": self.timestamp,
                "key": _text(self.key),
                "value": _text(self.value),
                "headers": [[name, _text(value)] for name, value in self.headers],
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )

    @staticmethod
    def read(line: bytes) -> "BackedUpRecord":
        found = orjson.loads(line)
        return BackedUpRecord(
            found["topic"],
            found["partition"],
            found["offset"],
            found["timestamp"],
            _bytes(found["key"]),
            _bytes(found["value"]),
            [(name, _bytes(value)) for name, value in found["headers"]],
        )

    @property
    def sequence(self) -> int | None:
        """Its place among those of its key, as its owner counts; None for a tombstone and for what is no event."""
        raw = next((value for name, value in self.headers if name == "ce_sequence"), None)
        try:
            return int(raw) if raw is not None and self.value is not None else None
        except ValueError:
            return None

    def event(self) -> Event | None:
        """None where this code knows no such event."""
        try:
            return read_event(BY_NAME[self.topic], self.key, self.value, [(n, v or b"") for n, v in self.headers])
        except (InvalidEvent, UnknownEventType):
            return None


def _text(raw: bytes | None) -> str | None:
    return base64.b64encode(raw).decode() if raw is not None else None


def _bytes(text: str | None) -> bytes | None:
    return base64.b64decode(text) if text is not None else None


class Reading:
    """Partitions read on and on from given positions; commits nothing and belongs to no group."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic] = TOPICS_OF_FACTS) -> None:
        self.topics = topics
        self._settings = settings
        self._prefix = settings.topic_prefix
        self._consumer = AIOKafkaConsumer(**connection_options(settings), enable_auto_commit=False)
        self._positions: dict[Position, int] = {}

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def begin(self, positions: Mapping[Position, int]) -> None:
        self._positions = dict(positions)
        if not positions:
            return
        partitions = [self._in_kafka(position) for position in positions]
        self._consumer.assign(partitions)
        begins = await self._consumer.beginning_offsets(partitions)
        for position, offset in positions.items():
            partition = self._in_kafka(position)
            self._consumer.seek(partition, max(offset, begins[partition]))

    @staticmethod
    def places(partitions: Mapping[str, int]) -> list[Position]:
        return [Position(name, number) for name, count in partitions.items() for number in range(count)]

    async def ends(self) -> dict[Position, int]:
        """Where each partition ends now."""
        if not self._positions:
            return {}
        found = await self._consumer.end_offsets([self._in_kafka(position) for position in self._positions])
        return {self._declared(partition): offset for partition, offset in found.items()}

    async def positions(self) -> dict[Position, int]:
        return {position: await self._consumer.position(self._in_kafka(position)) for position in self._positions}

    async def up_to(
        self, ends: Mapping[Position, int], empty_polls: int = EMPTY_POLLS
    ) -> AsyncIterator[BackedUpRecord]:
        """Everything before `ends`, and what else came with it. Raises Refused when nothing comes any more."""
        empty = 0
        while any(reached < ends[position] for position, reached in (await self.positions()).items()):
            records = await self.more()
            empty = 0 if records else empty + 1
            if empty == empty_polls:
                raise Refused("Kafka gives nothing any more, though it has more")
            for kept in records:
                yield kept

    async def more(self) -> list[BackedUpRecord]:
        batches = await self._consumer.getmany(timeout_ms=POLLED_MILLISECONDS)
        return [self._kept(record) for records in batches.values() for record in records]

    def _kept(self, record: "ConsumerRecord[Any, Any]") -> BackedUpRecord:
        return BackedUpRecord(
            record.topic.removeprefix(self._prefix),
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            list(record.headers),
        )

    def _in_kafka(self, position: Position) -> TopicPartition:
        return TopicPartition(self._prefix + position.topic, position.partition)

    def _declared(self, partition: TopicPartition) -> Position:
        return Position(partition.topic.removeprefix(self._prefix), partition.partition)


async def partitions_of(admin: AIOKafkaAdminClient, settings: KafkaSettings) -> dict[str, int]:
    """By topic, without the prefix; only topics that are there."""
    there = set(await admin.list_topics())
    wanted = [settings.topic_prefix + topic.name for topic in TOPICS]
    described = await admin.describe_topics([name for name in wanted if name in there]) if there & set(wanted) else []
    return {found["topic"].removeprefix(settings.topic_prefix): len(found["partitions"]) for found in described}


async def not_yet_taken(
    admin: AIOKafkaAdminClient, settings: KafkaSettings, partitions: Mapping[str, int]
) -> dict[Position, int]:
    """Where the slowest reader of each partition stands. Compacted topics are kept whole: they are a state."""
    taken: dict[str, dict[TopicPartition, int]] = {}
    starts: dict[Position, int] = {}
    for name, count in partitions.items():
        topic = BY_NAME[name]
        groups = [] if topic.compacted else groups_reading(topic)
        for group in groups:
            if group not in taken:
                found = await admin.list_consumer_group_offsets(settings.topic_prefix + group)
                taken[group] = {partition: committed.offset for partition, committed in found.items()}
        for number in range(count):
            partition = TopicPartition(settings.topic_prefix + name, number)
            # A group without an offset has made nothing of this partition durable.
            stands = [max(0, taken[group].get(partition, 0)) for group in groups]
            starts[Position(name, number)] = min(stands, default=0)
    return starts


async def put_back(settings: KafkaSettings, records: Iterable[BackedUpRecord]) -> int:
    """Into the partitions they came from, in their order; returns when Kafka has acknowledged all."""
    producer = make_producer(settings)
    await producer.start()
    count = 0
    waiting: dict[tuple[str, int], list[Any]] = defaultdict(list)
    try:
        for kept in records:
            sent = await producer.send(
                settings.topic_prefix + kept.topic,
                value=kept.value,
                key=kept.key,
                partition=kept.partition,
                timestamp_ms=kept.timestamp,
                headers=list(kept.headers),
            )
            waiting[kept.topic, kept.partition].append(sent)
            count += 1
            if count % SENT_TOGETHER == 0:
                await _acknowledged(waiting)
        await _acknowledged(waiting)
    finally:
        await producer.stop()
    return count


async def _acknowledged(waiting: dict[tuple[str, int], list[Any]]) -> None:
    await asyncio.gather(*(sent for each in waiting.values() for sent in each))
    waiting.clear()
