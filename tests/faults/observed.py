"""Reads what the system holds at the end from outside: each topic from its beginning, each database, the mails."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient
from shared.events.topics import SUBMISSIONS, TOPICS_OF_FACTS, Topic
from shared.messaging.kafka import partitions_of
from shared.operations.settings import KafkaSettings
from tawasul.stack.settings import DATABASES, SERVICES

from tests.faults.downloads import Download, download_all
from tests.faults.ledger import Document, Ledger
from tests.faults.mail_server import Mail
from tests.faults.plan import Kind
from tests.faults.rollback import RolledBack
from tests.faults.system import Whole
from tests.faults.webhook_receiver import Hook, Registered

A_GAP = re.compile(r'"message": "events missing before this one"')


@dataclass(frozen=True)
class Record:
    """One record of a topic, in its envelope."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    sequence: int
    time: datetime
    data: Document


@dataclass
class World:
    """Everything that the checks look at."""

    ledger: Ledger = field(default_factory=Ledger)
    records: dict[str, list[Record]] = field(default_factory=dict)
    """By topic, each partition in its own order."""
    submissions: dict[str, Document] = field(default_factory=dict)
    assignments: dict[str, Document] = field(default_factory=dict)
    clocks: dict[str, Document] = field(default_factory=dict)
    cases: dict[str, Document] = field(default_factory=dict)
    notifications: list[Document] = field(default_factory=list)
    inboxes: dict[str, set[str]] = field(default_factory=dict)
    """By service: the ids of the events it has taken."""
    dead_letters: dict[str, list[Document]] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    endpoints: list[Registered] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    hooks_planned: list[Document] = field(default_factory=list)
    """The queues and logs of all endpoints, without what was said."""
    files: dict[str, Document] = field(default_factory=dict)
    """Intake's documents about files."""
    contents: set[str] = field(default_factory=set)
    """Ids of the files of which there is content, be it a piece."""
    downloads: dict[str, Download] = field(default_factory=dict)
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    disturbances: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    died: list[str] = field(default_factory=list)
    rollbacks: list[RolledBack] = field(default_factory=list)
    gaps: dict[str, int] = field(default_factory=dict)
    """By process: how often it told of events missing before one."""

    def events(self, *topics: Topic) -> list[Record]:
        """Each event once, of a key in the order of its sequence."""
        known: dict[str, Record] = {}
        for topic in topics:
            for record in self.records.get(topic.name, ()):
                known.setdefault(record.id, record)
        return sorted(known.values(), key=lambda record: (record.topic, record.key, record.sequence))

    def events_by_key(self, *topics: Topic) -> dict[str, list[Record]]:
        by_key: dict[str, list[Record]] = defaultdict(list)
        for record in self.events(*topics):
            by_key[record.key].append(record)
        return by_key


async def observe(system: Whole, ledger: Ledger) -> World:
    world = World(ledger=ledger, records=await read_topics(system.stores.bootstrap))
    async with AsyncMongoClient[Document](system.stores.uri, tz_aware=True) as client:
        for service in SERVICES:
            database = client[DATABASES[service]]
            world.inboxes[service] = {found["_id"] async for found in database["inbox"].find({}, {"_id": 1})}
            world.dead_letters[service] = await database["dead_letters"].find({}).to_list()
        world.submissions = await _by_id(client, "intake", "submissions")
        world.assignments = await _by_id(client, "router", "assignments")
        world.clocks = await _by_id(client, "sla-monitor", "clocks")
        world.cases = await _by_id(client, "notifier", "cases")
        world.notifications = await client[DATABASES["notifier"]]["notifications"].find({}).to_list()
        planned = client[DATABASES["notifier"]]["webhook_deliveries"].find({}, {"body": 0, "tries": 0})
        world.hooks_planned = await planned.to_list()
        await _observe_files(client, world)
    world.downloads = await download_all(system.addresses()["intake"], ledger)
    world.mails = await asyncio.to_thread(system.mails)
    world.hooks = await asyncio.to_thread(system.hooks)
    _recognise(world)
    world.gaps = await asyncio.to_thread(lambda: count_gaps(system.logs_of_services()))
    return world


async def _observe_files(client: AsyncMongoClient[Document], world: World) -> None:
    database = client[DATABASES["intake"]]
    world.read_at = datetime.now(UTC)
    # Before their content: nobody sends any more, and what is cleared away now loses its document last.
    world.files = {each["_id"]: each async for each in database["attachments"].find({}, {"thumbnail": 0})}
    pieces = await database["attachment_contents.chunks"].distinct("files_id")
    whole = await database["attachment_contents.files"].distinct("_id")
    world.contents = {*pieces, *whole}


def _recognise(world: World) -> None:
    """A submission whose receipt never came may be there all the same: its mark tells."""
    unknown = {filed.mark: filed for filed in world.ledger.filed if not filed.submission}
    for event in world.events(SUBMISSIONS):
        for mark in marks_of(event):
            if mark in unknown:
                unknown[mark].submission = event.key


def marks_of(event: Record) -> set[str]:
    """The marks of this load in what people wrote."""
    words = " ".join(str(event.data.get(name, "")) for name in ("text", "reason", "comment"))
    return {word for word in words.split() if word.startswith("#") and word.endswith("#")}


async def _by_id(client: AsyncMongoClient[Document], service: str, collection: str) -> dict[str, Document]:
    found = client[DATABASES[service]][collection].find({}, {"outbox.value": 0, "commands": 0})
    return {document["_id"]: document async for document in found}


def count_gaps(logs: Mapping[str, Path]) -> dict[str, int]:
    """From the logs, because the counters of a process that was killed are gone."""
    return {
        name: sum(1 for line in log.open(errors="replace") if A_GAP.search(line))
        for name, log in logs.items()
        if log.exists()
    }


def partitions_in(topic: Topic) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for number in range(partitions_of(KafkaSettings(), topic))]


async def read_topics(bootstrap: str, topics: Iterable[Topic] = TOPICS_OF_FACTS) -> dict[str, list[Record]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        return {topic.name: await _read(consumer, topic) for topic in topics}
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, topic: Topic) -> list[Record]:
    partitions = partitions_in(topic)
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    records: list[Record] = []
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for found in (await consumer.getmany(timeout_ms=500)).values():
            records += [_record(each) for each in found]
    return sorted(records, key=lambda record: (record.partition, record.offset))


def _record(raw: Any) -> Record:
    headers = {name: value.decode() for name, value in raw.headers}
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=raw.key.decode(),
        id=headers["ce_id"],
        type=headers["ce_type"],
        sequence=int(headers["ce_sequence"]),
        time=datetime.fromisoformat(headers["ce_time"]),
        data=orjson.loads(raw.value),
    )
