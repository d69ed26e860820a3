"""Looking events up in Kafka by key and sequence, outside of any consumer group.

A key's place says the partition. From where on to read says the time of the submission's receipt, or its id, where that
begins with a time.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.events.envelope import Headers
from shared.events.topics import BY_NAME
from shared.messaging.kafka import by_checksum, connection_options, partitions_of
from shared.operations.settings import KafkaSettings

Record: TypeAlias = ConsumerRecord[Any, Any]

MARGIN = timedelta(minutes=5)
"""By which the clocks of those who made an id and who sent a record may differ."""

BEGINNING = datetime.fromtimestamp(0, UTC)
READ_AT_ONCE = 2_000
LONGEST_SEARCH_SECONDS = 120.0


@dataclass(frozen=True)
class MissingEvent:
    """An event by the name of its topic and its place in the sequence of a submission."""

    topic: str
    submission: str
    sequence: int
    received_at: datetime | None = field(default=None, compare=False)

    @property
    def since(self) -> datetime:
        return max(made_at(self.submission), self.received_at or BEGINNING) - MARGIN


@dataclass
class SearchResult:
    """`taken_to`: the offsets to which the group has committed. `incomplete`: of these topics Kafka no longer has all
    from the time on that was asked for; of all others, what was not found was never published."""

    records: dict[MissingEvent, Record] = field(default_factory=dict)
    taken_to: dict[TopicPartition, int] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)

    def is_read(self, record: Record) -> bool:
        return bool(record.offset < self.taken_to.get(TopicPartition(record.topic, record.partition), 0))


def made_at(id: str) -> datetime:
    """When an id of version 7 was made; the beginning of time for any other."""
    try:
        uuid = UUID(id)
    except ValueError:
        return BEGINNING
    return datetime.fromtimestamp((uuid.int >> 80) / 1_000 if uuid.version in (7, 8) else 0, UTC)


def sequence_of(headers: Headers) -> int | None:
    for name, raw in headers:
        if name == "ce_sequence" and (raw or b"").isdigit():
            return int(raw)
    return None


class RecordSearch:
    """For what one group missed."""

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group

    async def find(self, wanted: Iterable[MissingEvent]) -> SearchResult:
        """Raises KafkaError, and TimeoutError where there is too much to read."""
        found = SearchResult()
        consumer = AIOKafkaConsumer(**connection_options(self._settings), enable_auto_commit=False)
        admin = AIOKafkaAdminClient(**connection_options(self._settings))
        async with asyncio.timeout(LONGEST_SEARCH_SECONDS):
            await admin.start()
            try:
                committed = await admin.list_consumer_group_offsets(self._group)
                found.taken_to = {place: max(0, each.offset) for place, each in committed.items()}
            finally:
                await admin.close()
            await consumer.start()
            try:
                for place, here in self._places(wanted).items():
                    await self._look_through(consumer, place, here, found)
            finally:
                await consumer.stop()
        return found

    def _places(self, wanted: Iterable[MissingEvent]) -> Mapping[TopicPartition, list[MissingEvent]]:
        places: dict[TopicPartition, list[MissingEvent]] = defaultdict(list)
        for each in wanted:
            numbers = range(partitions_of(self._settings, BY_NAME[each.topic]))
            number = by_checksum(each.submission.encode(), numbers, [])
            places[TopicPartition(self._settings.topic_prefix + each.topic, number)].append(each)
        return places

    async def _look_through(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, wanted: list[MissingEvent], found: SearchResult
    ) -> None:
        """A repetition is found as well as the first: any of them says the same."""
        consumer.assign([place])
        stamp = max(0, int(min(each.since for each in wanted).timestamp() * 1_000))
        begin, end = (await consumer.beginning_offsets([place]))[place], (await consumer.end_offsets([place]))[place]
        at = (await consumer.offsets_for_times({place: stamp}))[place]
        offset = max(begin, at.offset) if at is not None else end
        if 0 < begin == offset:
            found.incomplete.add(place.topic.removeprefix(self._settings.topic_prefix))
        consumer.seek(place, offset)
        by_name = {(each.submission.encode(), each.sequence): each for each in wanted}
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=1_000, max_records=READ_AT_ONCE)).get(place, ()):
                each = by_name.get((record.key, sequence_of(record.headers) or 0))
                if each is not None and record.value is not None:
                    found.records.setdefault(each, record)
