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
from shared.messaging.kafka import by_checksum

Entry = dict[str, Any]
"""An unsent event of an outbox, or a record that was set aside."""


class Publisher:
    def __init__(self, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        self._producer = producer
        self._prefix = topic_prefix

    async def send(self, entries: Sequence[Entry]) -> None:
        """Return when all are acknowledged; what has the same key keeps its order.

        Raises the first failure once all are decided: some may be in Kafka then, and some not.
        """
        bound: dict[tuple[str, int], list[tuple[bytes | None, Entry]]] = defaultdict(list)
        partitions: dict[str, list[int]] = {}
        for entry in entries:
            topic = entry["topic"]
            if (numbers := partitions.get(topic)) is None:
                numbers = partitions[topic] = sorted(await self._producer.partitions_for(self._prefix + topic))
            key = entry["key"].encode() if entry["key"] is not None else None
            bound[topic, by_checksum(key, numbers, [])].append((key, entry))
        sent = [self._send(self._prefix + topic, number, waiting) for (topic, number), waiting in bound.items()]
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _send(self, topic: str, partition: int, entries: list[tuple[bytes | None, Entry]]) -> None:
        acknowledgements = []
        batch = self._producer.create_batch()
        for key, entry in entries:
            time, value, headers = int(entry["time"].timestamp() * 1_000), entry["value"], kafka_headers(entry)
            if batch.append(timestamp=time, key=key, value=value, headers=headers) is None:
                # It is full; an empty one takes any record.
                acknowledgements.append(await self._producer.send_batch(batch, topic, partition=partition))
                batch = self._producer.create_batch()
                batch.append(timestamp=time, key=key, value=value, headers=headers)
        acknowledgements.append(await self._producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*acknowledgements)
