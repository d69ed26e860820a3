"""The one place where FastStream meets our consumers: explicit group, explicit acknowledgement, raw records in.

FastStream's defaults lose messages (they acknowledge first, begin at the end of a topic, and assign partitions so that
a submission is split over processes), so every option that matters is stated here.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.events.topics import Topic
from shared.messaging.lost_clients import lost_consumer
from shared.messaging.progress import Progress, Records
from shared.operations.settings import KafkaSettings, ServiceSettings

logger = logging.getLogger(__name__)

CATCH_UP_LOOK_SECONDS = 0.2

FETCH_BYTES = 256 * 1024

GRACEFUL_SECONDS = 20.0
"""How long an orderly end leaves the batches in hand."""


@dataclass(frozen=True)
class Fetching:
    """The broker keeps a fetch for so many milliseconds, or until FETCH_BYTES are there: a transaction of five events
    costs nearly as much as one of fifty, and so does a fetch (ADR 15).

    `idle_milliseconds`: so long an idle batch subscriber waits for records, and then sleeps as long again.
    """

    milliseconds: int
    idle_milliseconds: int


IN_BATCHES = Fetching(milliseconds=80, idle_milliseconds=20)
SOON = Fetching(milliseconds=40, idle_milliseconds=10)
"""Where somebody waits for what is read."""
AT_ONCE = Fetching(milliseconds=20, idle_milliseconds=5)
"""Where a batch of another subscription waits for it, and little is read."""
SELDOM = Fetching(milliseconds=1_000, idle_milliseconds=500)
"""Where a record comes once a minute, and nobody waits for it."""

Take = Callable[[Records], Awaitable[None]]


def make_broker(settings: KafkaSettings) -> KafkaBroker:
    """Consumes only: publishing is the relay's, and topics are made by `shared.messaging.kafka`."""
    return KafkaBroker(
        settings.kafka_bootstrap.split(","),  # as one text it would be one host with commas in its name
        security=_security(settings),
        consumer_only=True,
        allow_auto_create_topics=False,
        logger=logger,  # its own, "faststream", writes coloured lines beside our JSON
        log_level=logging.DEBUG,
        graceful_timeout=GRACEFUL_SECONDS,
    )


class Subscription:
    """One batch subscriber over `topics`, and its progress."""

    def __init__(
        self,
        broker: KafkaBroker,
        settings: ServiceSettings,
        service: str,
        topics: Sequence[Topic],
        group: str,
        take: Take,
        waits_on_purpose: Callable[[], bool] = lambda: False,
        fetching: Fetching = IN_BATCHES,
    ) -> None:
        self.topics = tuple(topics)
        self.group = group
        self._take = take
        self._waits_on_purpose = waits_on_purpose
        self._prefix = settings.topic_prefix
        self.progress = Progress(topics, settings.topic_prefix, lambda: self.subscriber.consumer)
        self.subscriber = broker.subscriber(
            *(settings.topic_prefix + topic.name for topic in topics),
            batch=True,
            max_records=settings.batch_size,
            batch_timeout_ms=fetching.idle_milliseconds,
            fetch_max_wait_ms=fetching.milliseconds,
            fetch_min_bytes=FETCH_BYTES,
            group_id=group,
            group_instance_id=f"{group}-{settings.ordinal}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=int(settings.kafka_session_timeout_seconds * 1_000),
            max_poll_interval_ms=300_000,
            parser=self._parse,
            decoder=self._decode,
            no_reply=True,
        )
        self.subscriber(self._consume)

    async def _parse(self, records: Any) -> KafkaMessage:
        """Headers and bodies stay as they came: a header that is no text must not stop the partition."""
        return KafkaAckableMessage(
            body=b"",
            headers={},
            batch_headers=[],
            reply_to="",
            content_type=None,
            message_id="",
            correlation_id="",
            raw_message=records,
            path={},
            consumer=self.subscriber.consumer,
        )

    @staticmethod
    async def _decode(message: KafkaMessage) -> bytes:
        return b""

    async def _consume(self, message: KafkaMessage) -> None:
        records: Records = message.raw_message
        self.progress.received(records)
        await self._take(records)
        self.progress.made_durable(records)

    def has_partitions(self) -> bool:
        """Whether this process is given any: of two replicas one may have none."""
        consumer = self.subscriber.consumer
        return consumer is not None and bool(consumer.assignment())

    async def catch_up(self, patience: float) -> bool:
        """Wait until the group has made durable what was there when asked; False where `patience` (s) runs out."""
        ends: dict[TopicPartition, int] | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while True:
                    consumer = self.subscriber.consumer
                    # A broker that does not answer is waited for: it may, within our patience.
                    with contextlib.suppress(KafkaError):
                        if consumer is not None and consumer._fetcher is not None:  # it has started
                            ends = ends or await consumer.end_offsets(self._partitions(consumer))
                            if await self._has_committed(consumer, ends):
                                return True
                    await asyncio.sleep(CATCH_UP_LOOK_SECONDS)
        return False

    def _partitions(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        """As they are, whatever the settings say: an offset that does not exist is waited for in vain."""
        names = [self._prefix + topic.name for topic in self.topics]
        return [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name) or ()]

    @staticmethod
    async def _has_committed(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
        begins = await consumer.beginning_offsets(list(ends))
        for partition, end in ends.items():
            if end > begins[partition] and (await consumer.committed(partition) or 0) < end:
                return False
        return True

    def lost(self) -> str | None:
        """Which task of its consumer is over, or FastStream's that asks the consumer; None where it can go on."""
        consumer = self.subscriber.consumer
        if consumer is None:
            return None
        asking = self.subscriber.tasks
        # Only where it was cancelled: after an error FastStream starts it again.
        is_silent = bool(asking) and all(task.done() for task in asking) and asking[-1].cancelled()
        return lost_consumer(consumer) or ("asking: cancelled" if is_silent else None)

    def is_progressing(self, stuck_after_seconds: float) -> bool:
        return self.progress.is_progressing(stuck_after_seconds, self._waits_on_purpose())


def _security(settings: KafkaSettings) -> BaseSecurity:
    encrypted = settings.kafka_security.endswith("SSL")
    context = ssl.create_default_context(cafile=settings.kafka_ca_file) if encrypted else None
    if not settings.kafka_security.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=encrypted)
    kind = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    if settings.kafka_username is None or settings.kafka_password is None:
        raise ValueError("SASL needs a user name and a password")
    return kind[settings.kafka_sasl_mechanism](
        username=settings.kafka_username,
        password=settings.kafka_password.get_secret_value(),
        ssl_context=context,
        use_ssl=encrypted,
    )
