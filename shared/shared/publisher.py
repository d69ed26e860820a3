"""Records on their way to Kafka, one batch for each partition they go to.

aiokafka's `send` makes a future and passes several layers for every record, which took most of the relay's time. A
batch has one future however many records it holds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.events.envelope import kafka_headers
from shared.kafka import by_checksum

Entry = dict[str, Any]
"""What waits in an outbox, or beside a record that was set aside."""


class Publisher:
    def __init__(self, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        self._producer = producer
        self._prefix = topic_prefix

    async def send(self, entries: Sequence[Entry]) -> None:
        """Return when all are acknowledged; what has the same key keeps its order.

        Raises the first failure once all are decided: some may be in Kafka then, and some not.
        """
        bound: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        partitions: dict[str, list[int]] = {}
        for entry in entries:
            topic = entry["topic"]
            if (numbers := partitions.get(topic)) is None:
                numbers = partitions[topic] = sorted(await self._producer.partitions_for(self._prefix + topic))
            bound[topic, by_checksum(_key(entry), numbers, [])].append(entry)
        sent = [self._send(self._prefix + topic, number, waiting) for (topic, number), waiting in bound.items()]
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _send(self, topic: str, partition: int, entries: list[Entry]) -> None:
        acknowledgements = []
        batch = self._producer.create_batch()
        for entry in entries:
            record = {
                "timestamp": int(entry["time"].timestamp() * 1_000),
                "key": _key(entry),
                "value": entry["value"],
                "headers": kafka_headers(entry),
            }
            if batch.append(**record) is None:  # it is full; an empty one takes any record
                acknowledgements.append(await self._producer.send_batch(batch, topic, partition=partition))
                batch = self._producer.create_batch()
                batch.append(**record)
        acknowledgements.append(await self._producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*acknowledgements)


def _key(entry: Entry) -> bytes | None:
    return entry["key"].encode() if entry["key"] is not None else None
