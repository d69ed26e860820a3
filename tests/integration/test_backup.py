"""A system at work is backed up, lives on, loses everything, and is put back: whole, and nobody is told twice."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from shared.events.topics import NOTIFICATIONS
from shared.messaging.kafka import ensure_topics
from shared.operations.settings import KafkaSettings
from sla_monitor.app import award_store
from sla_monitor.award.model import FORMULA
from sla_monitor.award.store import AWARDS, CASES, CONTESTS, BehindCase, Contest, Snapshot
from sla_monitor.calendars.store import RULEBOOKS, RulebookStore
from tawasul.backup.databases import in_use
from tawasul.backup.folder import FOLLOWED, JOURNAL, Followed, Manifest, checked
from tawasul.backup.journal import follow
from tawasul.backup.records import Position, Reading
from tawasul.backup.refusal import Refused
from tawasul.backup.restore import Restored, restore
from tawasul.backup.stores import Stores
from tawasul.backup.take import take
from tawasul.stack.settings import SERVICES

from tests.support.eventually import eventually
from tests.support.infrastructure import Client, Infrastructure
from tests.support.sla_monitor import a_policy, a_rulebook, a_triage_policy
from tests.support.town import MAILS_OF_ONE, Town, empty, town

__all__ = ["town"]

pytestmark = pytest.mark.timeout(480)

PATIENCE_SECONDS = 120.0
BEFORE, HELD_UP, DURING, AFTER = 16, 10, 6, 6
MANY = 3_000


async def back_up_under_load(town: Town, folder: Path) -> Manifest:
    """While citizens file, and with a router that is down, so that facts wait in Kafka for it."""
    await town.file(BEFORE)
    await town.kill("router")
    await town.file(HELD_UP)
    load = asyncio.create_task(town.file(DURING))
    manifest = await take(town.stores, folder)
    await load
    return manifest


async def live_on(town: Town, folder: Path) -> None:
    """Everybody is told of everything, and the journal is beside it."""
    journal = asyncio.create_task(follow(town.stores, folder))
    await town.start("router")
    await town.file(AFTER)
    try:
        await eventually(lambda: len(town.office.mails) == MAILS_OF_ONE * len(town.filed), PATIENCE_SECONDS)
    except TimeoutError:
        raise AssertionError(f"{len(town.filed)} filed, {Counter(subject for *_, subject in town.told())}") from None
    journal.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await journal
    await eventually(town.is_quiet, PATIENCE_SECONDS)
    await follow(town.stores, folder, until_now=True)


@pytest.mark.full
async def test_what_was_backed_up_under_load_is_whole_after_a_restore_and_nobody_is_told_twice(
    town: Town, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    acknowledged_before = BEFORE + HELD_UP
    await back_up_under_load(town, folder)
    acknowledged_until = len(town.filed)
    with pytest.raises(Refused, match="told after"):
        await restore(town.stores, folder, overwrite=True)
    await live_on(town, folder)
    with pytest.raises(Refused, match="still run"):
        await restore(town.stores, folder, overwrite=True)

    await town.kill(*SERVICES)
    await eventually(lambda: _leases_have_ended(town), 10)
    with pytest.raises(Refused, match="would be replaced"):
        await restore(town.stores, folder)
    await empty(town.stores, town.client)
    restored = await restore(town.stores, folder)
    with pytest.raises(Refused, match="would be replaced"):
        await restore(town.stores, folder)
    assert await restore(town.stores, folder, overwrite=True) == restored  # a second time, over the first
    await town.start(*SERVICES)
    await eventually(town.is_quiet, PATIENCE_SECONDS)

    await _is_whole(town, restored, set(town.filed[:acknowledged_before]), set(town.filed[acknowledged_until:]))
    assert [mail for mail, times in town.told().items() if times > 1] == []
    assert {thread for thread, *_ in town.told()} == set(town.filed)


async def _leases_have_ended(town: Town) -> bool:
    return not await in_use(town.client, town.stores)


async def _is_whole(town: Town, restored: Restored, before: set[str], after: set[str]) -> None:
    """Every service has what was filed before, in the state it leads to, and nothing of what came after."""
    known = await town.ids("intake", "submissions")
    assert before <= known
    assert known & after == set()
    assert restored.lost == set(town.filed) - known
    assert await town.ids("intake", "submissions", **{"state.status": "assigned"}) == known
    assert await town.ids("router", "assignments", **{"state.state": "assigned"}) == known
    assert await town.ids("sla-monitor", "clocks") == known
    assert await town.collection("sla-monitor", "rulebooks").count_documents({}) > 0
    mails = town.collection("notifier", "notifications").find({"channel": "mail"})
    ends = Counter([(found["submission_id"], found["state"]) async for found in mails])
    assert ends == {(id, "sent"): MAILS_OF_ONE for id in known}
    assert restored.told > 0  # some were told after the moment: without the journal they would be told again
    assert await town.collection("sla-monitor", "dead_letters").find_one({}) is None
    assert await town.collection("intake", "dead_letters").find_one({}) is None


@pytest_asyncio.fixture(loop_scope="session")
async def some_stores(infrastructure: Infrastructure, mongo_client: Client, topic_prefix: str) -> AsyncIterator[Stores]:
    """Databases with a document each, and no topic."""
    name = f"test_{uuid4().hex[:12]}"
    kafka = KafkaSettings(kafka_bootstrap=infrastructure.kafka_bootstrap, topic_prefix=topic_prefix, kafka_partitions=3)
    stores = Stores(kafka, infrastructure.mongo_uri, {service: f"{name}_{service}" for service in SERVICES})
    for service, database in stores.databases.items():
        await mongo_client[database]["things"].insert_one({"_id": "نص", "of": service})
    yield stores
    await empty(stores, mongo_client)


async def test_a_backup_that_was_changed_is_not_restored(
    some_stores: Stores, mongo_client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    manifest = await take(some_stores, folder)
    assert checked(folder) == manifest
    with pytest.raises(Refused, match="nothing to follow"):
        await follow(some_stores, folder)
    with pytest.raises(Refused, match="not empty"):
        await take(some_stores, folder)

    file = folder / "mongodb/intake/things.bson.gz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"!")
    with pytest.raises(Refused, match="not what was written"):
        await restore(some_stores, folder, overwrite=True, without_journal=True)
    assert await mongo_client[some_stores.databases["intake"]]["things"].count_documents({}) == 1

    file.write_bytes(whole)
    await mongo_client[some_stores.databases["intake"]]["things"].insert_one({"_id": "later"})
    restored = await restore(some_stores, folder, overwrite=True, without_journal=True)
    assert (restored.documents, restored.records) == (len(SERVICES), 0)
    assert await mongo_client[some_stores.databases["intake"]]["things"].find().to_list() == [
        {"_id": "نص", "of": "intake"}
    ]


async def test_rules_contests_and_frozen_awards_are_in_the_backup_and_come_back_as_they_were(
    some_stores: Stores, mongo_client: Client, tmp_path: Path
) -> None:
    """Nothing can make them anew: they follow from no event."""
    database = mongo_client[some_stores.databases["sla-monitor"]]
    rulebooks, awards = RulebookStore(database[RULEBOOKS]), award_store(database)
    rulebook = a_rulebook(a_policy(), a_triage_policy())
    at = datetime(2026, 5, 3, 8, tzinfo=UTC)
    contest = Contest(month="2026-04", entity="works", submission="s-1", reason="Not ours.", by="head.works", at=at)
    case = BehindCase(entity="works", submission="s-1", counts=(("late", 1),))
    frozen = Snapshot(
        period="2026-03",
        formula=FORMULA,
        target_share=0.95,
        freeze="f-1",
        frozen_at=at,
        frozen_by="clerk",
        sums={"works": {"late": 1}},
        cases="hash of the cases",
        sha256="hash of the whole",
    )
    await rulebooks.publish(rulebook, None)
    await awards.contest(contest, None, {})
    await awards.keep_cases("f-1", [case])
    await awards.freeze(frozen, None, {})

    await take(some_stores, tmp_path / "backup")
    kept = {file.name.removesuffix(".bson.gz") for file in (tmp_path / "backup/mongodb/sla-monitor").iterdir()}
    assert kept >= {"rulebooks", CONTESTS, AWARDS, CASES}
    await empty(some_stores, mongo_client)
    assert await awards.frozen("2026-03") is None
    await restore(some_stores, tmp_path / "backup", without_journal=True)
    assert await rulebooks.after(0) == [rulebook]
    assert await awards.contested(["2026-04"]) == [contest]
    assert await awards.frozen("2026-03") == frozen
    assert [each async for each in awards.cases_of("f-1")] == [case]


async def test_where_the_journal_cannot_be_read_nothing_is_changed(
    some_stores: Stores, mongo_client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    manifest = await take(some_stores, folder)
    (folder / FOLLOWED).write_text(Followed(until=manifest.at, positions={}).model_dump_json())
    things = mongo_client[some_stores.databases["intake"]]["things"]
    await things.insert_one({"_id": "later"})
    (folder / JOURNAL).write_text('{"topic": "half of a li\n')
    with pytest.raises(Refused, match="line 1 cannot be read"):
        await restore(some_stores, folder, overwrite=True)
    (folder / JOURNAL).unlink()
    with pytest.raises(Refused, match="told after"):
        await restore(some_stores, folder, overwrite=True)
    assert await things.count_documents({}) == 2


async def test_a_restore_that_broke_off_is_taken_for_full_and_done_again(
    some_stores: Stores, mongo_client: Client, tmp_path: Path
) -> None:
    things = {service: mongo_client[database]["things"] for service, database in some_stores.databases.items()}
    for each in things.values():
        await each.insert_many([{"_id": number} for number in range(MANY)])
    await take(some_stores, tmp_path / "backup")
    await empty(some_stores, mongo_client)

    broken = asyncio.create_task(restore(some_stores, tmp_path / "backup", without_journal=True))
    await eventually(lambda: things["intake"].find_one({}))
    broken.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await broken
    with pytest.raises(Refused, match="would be replaced"):
        await restore(some_stores, tmp_path / "backup", without_journal=True)
    await restore(some_stores, tmp_path / "backup", overwrite=True, without_journal=True)
    assert {await each.count_documents({}) for each in things.values()} == {MANY + 1}


async def test_a_backup_does_not_wait_for_ever_for_what_kafka_no_longer_gives(some_stores: Stores) -> None:
    await ensure_topics(some_stores.kafka)
    async with Reading(some_stores.kafka) as reading:
        place = Position(NOTIFICATIONS.name, 0)
        await reading.begin({place: 0})
        with pytest.raises(Refused, match="gives nothing"):
            assert [kept async for kept in reading.up_to({place: 1}, empty_polls=1)] == []


async def test_there_is_no_backup_of_nothing_and_none_without_its_end(some_stores: Stores, tmp_path: Path) -> None:
    nowhere = replace(some_stores, databases=dict.fromkeys(SERVICES, "test_no_such_database"))
    with pytest.raises(Refused, match="nothing to back up"):
        await take(nowhere, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    with pytest.raises(Refused, match="did not come to its end"):
        await restore(some_stores, tmp_path)
