"""Putting a backup back: databases, then topics, then what the journal knows."""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from shared.events.submissions import PersonErased
from shared.events.topics import BY_NAME, NOTIFICATIONS, TOPICS
from shared.messaging.kafka import ensure_topics

from tawasul.backup.databases import Client, connected, holding, in_use, write_back
from tawasul.backup.folder import ERASED_SINCE, JOURNAL, Manifest, checked, followed_of, reading, write_small
from tawasul.backup.journal import journal_of
from tawasul.backup.records import BackedUpRecord, Reading, partitions_of, put_back
from tawasul.backup.refusal import Refused
from tawasul.backup.stores import Stores
from tawasul.backup.take import admin_of
from tawasul.backup.told import mark_as_told

DELETED_WITHIN_SECONDS = 60.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Restored:
    """`lost` are submissions that were told of after the backup and are not in it; `told_until` ends the journal."""

    at: datetime
    documents: int
    records: int
    told: int
    told_until: datetime | None
    erased: int
    lost: frozenset[str]


async def restore(stores: Stores, folder: Path, overwrite: bool = False, without_journal: bool = False) -> Restored:
    """Raises Refused before anything is changed: for a damaged backup, running services, stores that hold something
    (unless `overwrite`), and where it is not known what was told since (unless `without_journal`)."""
    manifest = checked(folder)
    topics = stores.kafka.model_copy(update=_as_they_were(manifest))
    followed = followed_of(folder)
    if not without_journal and (followed is None or not (folder / JOURNAL).exists()):
        raise Refused(
            f"{folder} does not say who was told after {manifest.at:%Y-%m-%d %H:%M:%S}: they would be told again"
        )
    journal = journal_of(folder)
    erased = _erased_since(folder, journal)
    async with connected(stores) as client:
        async with admin_of(stores.kafka) as admin:
            await _make_room(stores, client, admin, overwrite)
        documents = await write_back(client, stores, folder, manifest.files)
        await ensure_topics(topics)
        again, lost = await mark_as_told(client, stores, journal)
        records = await put_back(stores.kafka, itertools.chain(_records(folder, manifest), again))
    until = followed.until if followed else None
    return Restored(manifest.at, documents, records, len(again), until, erased, frozenset(lost))


async def _make_room(stores: Stores, client: Client, admin: AIOKafkaAdminClient, overwrite: bool) -> None:
    if running := await in_use(client, stores):
        raise Refused(f"{', '.join(running)} still run: stop all services first")
    full = await holding(client, stores)
    partitions = await partitions_of(admin, stores.kafka)
    written = await _written(stores, partitions)
    if (full or written) and not overwrite:
        held = [f"the database of {service}" for service in full] + written
        raise Refused(f"{', '.join(held)} would be replaced: say --overwrite if that is meant")
    for service in full:
        await client.drop_database(stores.databases[service])
    if partitions:
        await admin.delete_topics([stores.kafka.topic_prefix + name for name in partitions])
        await _until_deleted(stores, admin)


async def _written(stores: Stores, partitions: dict[str, int]) -> list[str]:
    """Topics that hold records."""
    topics = [BY_NAME[name] for name in partitions]
    if not topics:
        return []
    async with Reading(stores.kafka, topics) as found:
        await found.begin(dict.fromkeys(found.places(partitions), 0))
        return sorted({at.topic for at, end in (await found.ends()).items() if end > 0})


async def _until_deleted(stores: Stores, admin: AIOKafkaAdminClient) -> None:
    deadline = asyncio.get_running_loop().time() + DELETED_WITHIN_SECONDS
    while left := await partitions_of(admin, stores.kafka):
        if asyncio.get_running_loop().time() > deadline:
            raise Refused(f"Kafka has not deleted {', '.join(sorted(left))}; the databases are empty by now")
        await asyncio.sleep(LOOK_SECONDS)


def _as_they_were(manifest: Manifest) -> Mapping[str, Any]:
    """Settings that make the topics with as many partitions as they had: a key's place follows from their number."""
    split = {
        manifest.partitions[topic.name] for topic in TOPICS if topic.is_split and topic.name in manifest.partitions
    }
    if len(split) > 1:
        raise Refused("the backup's topics have unequal numbers of partitions")
    return {"kafka_create_topics": True} | ({"kafka_partitions": split.pop()} if split else {})


def _records(folder: Path, manifest: Manifest) -> Iterator[BackedUpRecord]:
    for name in sorted(manifest.files):
        if name.startswith("kafka/"):
            with reading(folder, name) as lines:
                yield from map(BackedUpRecord.read, lines)


def _erased_since(folder: Path, journal: list[BackedUpRecord]) -> int:
    """For `tawasul erasures again`: once the services run."""
    events = [event for kept in journal if kept.topic != NOTIFICATIONS.name and (event := kept.event())]
    erased = {event.key: event.time for event in events if isinstance(event.data, PersonErased)}
    write_small(folder / ERASED_SINCE, "".join(f"{id} {time.isoformat()}\n" for id, time in erased.items()))
    return len(erased)
