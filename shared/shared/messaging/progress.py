"""How far a subscription has come: its lag, how long records have waited, and whether it is stuck."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.events.topics import Topic
from shared.operations.metrics import CONSUMER_AGE, CONSUMER_LAG

Records = Sequence["ConsumerRecord[Any, Any]"]


class Progress:
    """Told of every batch before and after it is made durable; asks the broker for the rest in `measure`.

    Only the partitions that are assigned to this process count.
    """

    def __init__(self, topics: Sequence[Topic], prefix: str, consumer: Callable[[], AIOKafkaConsumer | None]) -> None:
        """`consumer`: None until it has started."""
        self._topics = tuple(topics)
        self._prefix = prefix
        self._consumer = consumer
        self._progressed_at = time.monotonic()
        self._positions: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._in_hand: dict[TopicPartition, float] = {}
        """When the oldest record was written that was received and is not durable."""
        self._last_batch: tuple[float, float] | None = None
        """When a batch was last made durable, and for how long its oldest record had waited, in seconds."""
        self._behind: dict[TopicPartition, tuple[int, float]] = {}
        """A position at which records wait, and since when."""
        for topic in self._topics:
            CONSUMER_AGE.labels(topic.name).set_function(partial(self.oldest_age, topic))

    def received(self, records: Records) -> None:
        for record in reversed(records):
            partition = TopicPartition(record.topic, record.partition)
            self._positions[partition] = record.offset
            self._in_hand[partition] = record.timestamp / 1_000

    def made_durable(self, records: Records) -> None:
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            self._positions[partition] = record.offset + 1
            self._in_hand.pop(partition, None)
        self._progressed_at = time.monotonic()
        written = min((record.timestamp / 1_000 for record in records), default=time.time())
        self._last_batch = (self._progressed_at, max(0.0, time.time() - written))

    def lag(self) -> dict[str, int]:
        """Records waiting per topic, as far as `measure` or a batch has told."""
        consumer = self._consumer()
        if consumer is None:
            return {}
        waiting = {topic.name: 0 for topic in self._topics}
        for partition in consumer.assignment():
            end = max(consumer.highwater(partition) or 0, self._ends.get(partition, 0))
            position = self._positions.get(partition)
            if position is not None:
                waiting[partition.topic.removeprefix(self._prefix)] += max(0, end - position)
        return waiting

    def oldest_age(self, topic: Topic) -> float:
        """Seconds for which the oldest record that is not durable has waited; 0 where none waits.

        A record that is not fetched yet counts from when `measure` first saw it.
        """
        consumer = self._consumer()
        if consumer is None:
            return 0.0
        name = self._prefix + topic.name
        mine = [partition for partition in consumer.assignment() if partition.topic == name]
        begins = [self._in_hand[partition] for partition in mine if partition in self._in_hand]
        begins += [
            since
            for partition, (position, since) in self._behind.items()
            if partition in mine and position == self._positions.get(partition, 0)
        ]
        return max(0.0, time.time() - min(begins)) if begins else 0.0

    def longest_wait(self, within: float) -> float | None:
        """Seconds for which the oldest record in hand, or of the batch made durable last, has waited since it was
        written; None where nothing is in hand and no batch was made durable in the last `within` seconds."""
        ages = [self.oldest_age(topic) for topic in self._topics]
        waits = [age for age in ages if age]
        if self._last_batch is not None and time.monotonic() - self._last_batch[0] <= within:
            waits.append(self._last_batch[1])
        return max(waits, default=None)

    async def measure(self) -> None:
        """Ask the broker where things stand, also for partitions that never gave this process a record."""
        consumer = self._consumer()
        if consumer is None:
            return
        assigned = list(consumer.assignment())
        if assigned:
            self._ends = await consumer.end_offsets(assigned)
        behind = [partition for partition in assigned if self._positions.get(partition, -1) < self._ends[partition]]
        begins = await consumer.beginning_offsets(behind) if behind else {}
        for partition in behind:
            # Another member may have had it meanwhile: records that it made durable wait no longer.
            committed = await consumer.committed(partition) or begins[partition]
            self._positions[partition] = max(committed, self._positions.get(partition, 0))
        self._behind = {partition: self._waiting_since(partition) for partition in assigned if self._waits(partition)}
        for name, count in self.lag().items():
            CONSUMER_LAG.labels(name).set(count)

    def _waits(self, partition: TopicPartition) -> bool:
        return self._positions.get(partition, 0) < self._ends[partition]

    def _waiting_since(self, partition: TopicPartition) -> tuple[int, float]:
        """The time stays while the position does; records after another position have waited for less."""
        position = self._positions.get(partition, 0)
        known = self._behind.get(partition)
        return known if known is not None and known[0] == position else (position, time.time())

    def is_progressing(self, stuck_after_seconds: float, waits_on_purpose: bool) -> bool:
        """False without a consumer, or when records wait and none was made durable for so long.

        A spare replica without partitions has no lag and is fine; so is one that keeps its messages on purpose.
        """
        if self._consumer() is None:
            return False
        if not sum(self.lag().values()) or waits_on_purpose:
            self._progressed_at = time.monotonic()
        return time.monotonic() - self._progressed_at < stuck_after_seconds
