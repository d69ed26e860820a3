"""Connections to Kafka: the options that broker, producer and admin client share, and the topics made at start."""

import asyncio
import random
import ssl
import zlib
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.concurrency.tasks import cancel_all, run_uninterrupted
from shared.events.topics import TOPICS, Topic
from shared.operations.settings import KafkaSettings


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of aiokafka's clients."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_security,
    }
    if "SSL" in settings.kafka_security:
        options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_security.startswith("SASL"):
        if settings.kafka_username is None or settings.kafka_password is None:
            raise ValueError("SASL needs a user name and a password")
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


STOP_SECONDS = 1.0
"""For the requests that are on their way, and again for the connections: a process that ends has few (`service`)."""


class Producer(AIOKafkaProducer):  # type: ignore[misc]
    _closed: bool | None

    async def stop(self) -> None:
        """With what was not acknowledged left unsent, as whoever sends waits for that.

        aiokafka's own waits until all is sent, for ever where Kafka is away; and where that is cancelled, its tasks go
        on, to send old records after newer ones once Kafka is back.
        """
        if not self._closed:
            self._closed = True
            await run_uninterrupted(self._end())

    async def _end(self) -> None:
        if (sender := self._sender.sender_task) is not None:
            sender.cancel()  # once: then it waits for what is on its way
            await asyncio.wait([sender], timeout=STOP_SECONDS)
            await cancel_all([sender])
        # A socket with unsent bytes to a broker that stands still closes when that goes on.
        await asyncio.wait([asyncio.ensure_future(self.client.close())], timeout=STOP_SECONDS)


def make_producer(settings: KafkaSettings, kind: type[Producer] = Producer) -> Producer:
    """Idempotent, acknowledged by all in-sync replicas, and without lingering: a lone event leaves at once."""
    return kind(
        **connection_options(settings),
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=256 * 1024,
        partitioner=by_checksum,
        request_timeout_ms=20_000,
    )


def by_checksum(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """By the key's CRC-32, as librdkafka's `consistent` does: aiokafka's own hash in pure Python took a tenth of the
    relay's time. Whoever else publishes to these topics must place keys the same way."""
    if key is None:
        return random.choice(available or partitions)
    return partitions[zlib.crc32(key) % len(partitions)]


DEAD_LETTERS_KEPT = {"retention.ms": str(30 * 24 * 3_600 * 1_000)}
"""30 days: they hold what people wrote. The service's database keeps what is not settled."""


COMPACTED = {"cleanup.policy": "compact", "max.compaction.lag.ms": str(24 * 3_600 * 1_000)}
"""A record erased by a tombstone leaves the broker's disk within a day or two, however little else is written."""


class WrongTopic(Exception):
    """A topic is there with another number of partitions than all of its kind must have."""


async def ensure_topics(settings: KafkaSettings, extra: tuple[str, ...] = ()) -> None:
    """Create the topics that are missing, where that is allowed; `extra` are dead-letter topics."""
    if not settings.kafka_create_topics:
        return
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await admin.start()
    try:
        wanted = [_new_topic(settings, topic) for topic in TOPICS]
        wanted += [
            NewTopic(settings.topic_prefix + name, 1, settings.kafka_replication, topic_configs=DEAD_LETTERS_KEPT)
            for name in extra
        ]
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        await _check_partitions(settings, admin, existing)
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *_ in response.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"topic {name}")
    finally:
        await admin.close()


async def _check_partitions(settings: KafkaSettings, admin: AIOKafkaAdminClient, existing: set[str]) -> None:
    wanted = {settings.topic_prefix + topic.name: partitions_of(settings, topic) for topic in TOPICS}
    there = sorted(existing & wanted.keys())
    for described in await admin.describe_topics(there) if there else []:
        name, partitions = described["topic"], len(described["partitions"])
        if partitions != wanted[name]:
            raise WrongTopic(f"{name} has {partitions} partitions, TAWASUL_KAFKA_PARTITIONS asks for {wanted[name]}")


def partitions_of(settings: KafkaSettings, topic: Topic) -> int:
    """The same for all submission-keyed topics, so that all events of one submission meet in one process."""
    return settings.kafka_partitions if topic.is_split else 1


def _new_topic(settings: KafkaSettings, topic: Topic) -> NewTopic:
    kept = dict(COMPACTED) if topic.compacted else {}
    if topic.retention:
        kept["retention.ms"] = str(int(topic.retention.total_seconds() * 1_000))
    return NewTopic(
        settings.topic_prefix + topic.name,
        partitions_of(settings, topic),
        settings.kafka_replication,
        topic_configs=kept,
    )
