"""Waiting until the system has nothing more to do: outboxes empty, no lag, every notification final."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, fields

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from shared.events.topics import TOPICS_OF_FACTS
from tawasul.flows import GROUPS as GROUPS_BY_SERVICE
from tawasul.stack.settings import DATABASES, SERVICES

from tests.faults.ledger import Document
from tests.faults.observed import partitions_in
from tests.faults.system import Whole

GROUPS = {group: topics for groups in GROUPS_BY_SERVICE.values() for group, topics in groups.items()}
LOOKS = 3
"""Readings in a row that must be quiet: a system quiet in one may have been about to go on."""
LOOK_EVERY_SECONDS = 0.4
UNFINISHED = {"$or": [{"next_at": {"$exists": True}}, {"state": {"$in": ["created", "sending", "withheld", "held"]}}]}
""" "temporary-failure" is one of them while there is a next attempt."""


@dataclass(frozen=True)
class Unrest:
    """List what there is still to do."""

    outboxes: int
    """Documents with events that Kafka has not acknowledged."""
    lag: int
    unfinished: int
    """Notifications that are not final, and webhooks that nobody has taken."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        return f"{self.outboxes} outboxes, {self.lag} events of lag, {self.unfinished} tellings not final"


async def wait_until_quiet(system: Whole, patience: float, tell: Callable[[str], None]) -> Unrest | None:
    """None when it is quiet; what is still going on when patience (seconds) has run out."""
    deadline = time.monotonic() + patience
    looks = 0
    unrest: Unrest | None = None
    while looks < LOOKS:
        if time.monotonic() > deadline:
            return unrest or Unrest(-1, -1, -1)
        try:
            unrest = await look(system)
        except (KafkaError, PyMongoError) as error:
            tell(f"not quiet yet: {type(error).__name__}")
            looks = 0
        else:
            tell(f"not quiet yet: {unrest}" if unrest else "quiet")
            looks = 0 if unrest else looks + 1
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return None


async def look(system: Whole) -> Unrest:
    async with AsyncMongoClient[Document](system.stores.uri, serverSelectionTimeoutMS=3_000) as client:
        outboxes = sum([await _outboxes(client, service) for service in SERVICES])
        notifier = client[DATABASES["notifier"]]
        unfinished = await notifier["notifications"].count_documents(UNFINISHED)
        unfinished += await notifier["webhook_deliveries"].count_documents({"waits": True})
    return Unrest(outboxes, await _lag(system.stores.bootstrap), unfinished)


async def said(bootstrap: str) -> int:
    """Records of all topics until now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(
            [partition for topic in TOPICS_OF_FACTS for partition in partitions_in(topic)]
        )
        return sum(ends.values())
    finally:
        await consumer.stop()


async def _outboxes(client: AsyncMongoClient[Document], service: str) -> int:
    database = client[DATABASES[service]]
    names = await database.list_collection_names()
    return sum([await database[name].count_documents({"pending": {"$exists": True}}) for name in names])


async def _lag(bootstrap: str) -> int:
    """Count records of all groups' topics after their committed offsets."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await admin.start()
    try:
        await consumer.start()
        try:
            return sum([await _lag_of(admin, consumer, group) for group in GROUPS])
        finally:
            await consumer.stop()
    finally:
        await admin.close()


async def _lag_of(admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, group: str) -> int:
    partitions = [partition for topic in GROUPS[group] for partition in partitions_in(topic)]
    ends = await consumer.end_offsets(partitions)
    committed = await admin.list_consumer_group_offsets(group)
    return sum(
        end - max(0, committed[partition].offset if partition in committed else 0) for partition, end in ends.items()
    )
