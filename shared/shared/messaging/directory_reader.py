"""Reads the directory from its compacted topic into memory."""

import asyncio
import logging

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.concurrency.tasks import run_until_first_failure
from shared.events.envelope import Headers, InvalidEvent, UnknownEventType, read_event
from shared.events.topics import DIRECTORY
from shared.messaging.kafka import connection_options
from shared.messaging.lost_clients import lost_consumer, watch
from shared.operations.settings import KafkaSettings
from shared.reference.directory import Directory

logger = logging.getLogger(__name__)


class DirectoryReader:
    """Follows the directory topic from its beginning, in every process: no group, no offsets, no database."""

    def __init__(self, settings: KafkaSettings, zone: str = "Asia/Bahrain") -> None:
        self.settings = settings
        self.directory = Directory(zone)
        self._caught_up = asyncio.Event()
        self.skipped = 0

    async def wait_until_caught_up(self) -> None:
        await self._caught_up.wait()

    async def run(self) -> None:
        partition = TopicPartition(self.settings.topic_prefix + DIRECTORY.name, 0)
        consumer = AIOKafkaConsumer(**connection_options(self.settings), enable_auto_commit=False)
        try:
            await consumer.start()
            consumer.assign([partition])
            await run_until_first_failure(self._follow(consumer, partition), watch(lambda: lost_consumer(consumer)))
        finally:
            await consumer.stop()

    async def _follow(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        while True:
            if await consumer.position(partition) >= end:
                self._caught_up.set()
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    self.take(record.key, record.value, record.headers)

    def take(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """One record of the topic; what is no event of it is skipped and counted."""
        try:
            event = read_event(DIRECTORY, key, value, headers)
            self.directory.apply(event.data)
            self.directory.changed_at = max(self.directory.changed_at or event.time, event.time)
        except (UnknownEventType, InvalidEvent) as error:
            self.skipped += 1
            logger.warning("directory record skipped", extra={"reason": type(error).__name__})
