"""Taking a backup, of a system at work."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from pymongo.errors import OperationFailure
from shared.events.topics import BY_NAME, TOPICS_OF_FACTS
from shared.messaging.kafka import connection_options
from shared.operations.settings import KafkaSettings
from shared.reference.working_time import utc_now

from tawasul.backup.databases import Snapshot, connected, why_gone
from tawasul.backup.folder import JOURNAL, MANIFEST, Manifest, Sum, Writing, is_in_use, reading, write_small
from tawasul.backup.journal import FOLLOWED_TOPICS, is_noted
from tawasul.backup.records import BackedUpRecord, Reading, not_yet_taken, partitions_of
from tawasul.backup.refusal import Refused
from tawasul.backup.stores import Stores

ATTEMPTS = 3
PAUSE_SECONDS = 1.0
JUDGED_TOGETHER = 1_000
RAW_RECORDS = "kafka/read.jsonl.gz"


async def take(stores: Stores, folder: Path) -> Manifest:
    """Raises Refused; a folder without a manifest is left only where the process is killed."""
    if is_in_use(folder):
        raise Refused(f"{folder} is not empty")
    for attempt in range(1, ATTEMPTS + 1):
        with _removed_unless_whole(folder):
            try:
                return await _take(stores, folder)
            except OperationFailure as error:
                why = why_gone(error)
                if why is None or attempt == ATTEMPTS:
                    raise Refused(why or f"MongoDB refused: {error.code}") from error
        await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")


@contextmanager
def _removed_unless_whole(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        yield
    finally:
        if not (folder / MANIFEST).exists():
            shutil.rmtree(folder, ignore_errors=True)


async def _take(stores: Stores, folder: Path) -> Manifest:
    async with (
        connected(stores) as client,
        client.start_session(snapshot=True) as session,
        admin_of(stores.kafka) as admin,
        Reading(stores.kafka) as topics,
    ):
        partitions = await partitions_of(admin, stores.kafka)
        facts = {topic.name for topic in TOPICS_OF_FACTS}
        of_facts = {name: count for name, count in partitions.items() if name in facts}
        await topics.begin(await not_yet_taken(admin, stores.kafka, of_facts))
        read = Writing(folder, RAW_RECORDS)
        # Before the moment: what a compacted topic loses meanwhile is in our hands by then.
        async for kept in topics.up_to(await topics.ends()):
            read.write(kept.line())
        snapshot = Snapshot(client, session, stores)
        await snapshot.begin()
        at = utc_now()
        # After it: what had left an outbox by the moment had been acknowledged by Kafka.
        ends = await topics.ends()
        async for kept in topics.up_to(ends):
            read.write(kept.line())
        read.close()
        positions = await topics.positions()
        files = await _sort_out(snapshot, folder)
        files |= await snapshot.write(folder)
    manifest = Manifest(
        at=at,
        partitions=partitions,
        positions={f"{at.topic}/{at.partition}": n for at, n in positions.items() if at.topic in FOLLOWED_TOPICS},
        files=files,
    )
    write_small(folder / MANIFEST, manifest.model_dump_json(indent=2))
    return manifest


async def _sort_out(snapshot: Snapshot, folder: Path) -> dict[str, Sum]:
    """Keep records written by the moment by topic; later ones that the journal needs begin the journal."""
    kept_in: dict[str, Writing] = {}
    noted = []
    with reading(folder, RAW_RECORDS) as lines:
        batch: list[BackedUpRecord] = []
        for line in lines:
            batch.append(BackedUpRecord.read(line))
            if len(batch) == JUDGED_TOGETHER:
                noted += await _judge(snapshot, folder, batch, kept_in)
                batch = []
        noted += await _judge(snapshot, folder, batch, kept_in)
    (folder / RAW_RECORDS).unlink()
    write_small(folder / JOURNAL, b"".join(kept.line() for kept in noted).decode())
    return {file.name: file.close() for file in kept_in.values()}


async def _judge(
    snapshot: Snapshot, folder: Path, batch: list[BackedUpRecord], kept_in: dict[str, Writing]
) -> list[BackedUpRecord]:
    later = []
    for name in {kept.topic for kept in batch}:
        topic = BY_NAME[name]
        of_topic = [kept for kept in batch if kept.topic == name]
        known = await snapshot.known(topic.owner, topic.stream, of_topic)
        if name not in kept_in:
            kept_in[name] = Writing(folder, f"kafka/{name}.jsonl.gz")
        for kept, was_known in zip(of_topic, known, strict=True):
            if was_known:
                kept_in[name].write(kept.line())
            else:
                later.append(kept)
    return [kept for kept in later if is_noted(kept)]


@asynccontextmanager
async def admin_of(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
