"""A broker, a database or a disk that is gone for a while: refused clearly or kept, and never lost."""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from shared.events.assignments import AssignmentAcknowledged, SubmissionAssigned
from shared.events.topics import NOTIFICATIONS, SUBMISSIONS
from shared.messaging.kafka import ensure_topics
from shared.operations.settings import KafkaSettings
from shared.reference.working_time import utc_now
from tawasul.backup.folder import MANIFEST, Manifest, followed_of
from tawasul.backup.journal import follow
from tawasul.backup.stores import Stores

from tests.support.eventually import eventually
from tests.support.infrastructure import LocalKafka, LocalMongo
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.serving import serving

URL = "/api/intake/v1/submissions"
SHORT, LONG = 10.0, 150.0
BETWEEN_TWO_SECONDS = 0.03
A_WHILE_SECONDS = 3.0
"""The journal is noted twice a second."""
OUTAGES = [pytest.param(SHORT, id="10 s"), pytest.param(LONG, id="minutes", marks=[pytest.mark.full])]

pytestmark = pytest.mark.timeout(400)


class Own:
    """A broker and a database that a test may stop."""

    def __init__(self, folder: Path) -> None:
        self.kafka, self.mongo = LocalKafka(folder), LocalMongo(folder)

    @property
    def kafka_bootstrap(self) -> str:
        return self.kafka.bootstrap

    @property
    def mongo_uri(self) -> str:
        return self.mongo.uri


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Own]:
    made = Own(tmp_path_factory.mktemp("outages"))
    await asyncio.gather(made.kafka.start(), made.mongo.start())
    yield made
    await asyncio.gather(made.kafka.stop(5), made.mongo.stop(5))


@pytest_asyncio.fixture(loop_scope="session")
async def neighbours(own: Own) -> AsyncIterator[Neighbours]:
    async with neighbourhood(own.kafka_bootstrap) as started:
        yield started


@pytest.fixture
def intake(own: Own, neighbours: Neighbours) -> FastAPI:
    return create_app(intake_settings(own, f"test_{uuid4().hex[:12]}", neighbours.settings.topic_prefix))


async def keep_filing(client: httpx2.AsyncClient, seconds: float) -> tuple[list[dict[str, Any]], list[httpx2.Response]]:
    """File one after the other for so long, as people come: the receipts, and the refusals."""
    receipts, refusals = [], []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        response = await client.post(URL, json=a_filing(), headers={"Idempotency-Key": str(uuid4())})
        if response.status_code == 201:
            receipts.append(response.json())
        else:
            refusals.append(response)
        await asyncio.sleep(BETWEEN_TWO_SECONDS)
    return receipts, refusals


def is_clear(refusal: httpx2.Response) -> bool:
    problem = refusal.json()
    return refusal.status_code == 503 and "retry-after" in refusal.headers and bool(problem["detail_ar"])


@pytest.mark.parametrize("seconds", OUTAGES)
async def test_while_kafka_is_down_submissions_are_taken_and_published_afterwards(
    own: Own, neighbours: Neighbours, intake: FastAPI, seconds: float
) -> None:
    async with serving(intake) as client:
        await own.kafka.kill()
        receipts, refusals = await keep_filing(client, seconds)
        assert receipts
        assert not refusals
        await own.kafka.start()
        wanted = {receipt["id"] for receipt in receipts}
        heard = await neighbours.hear_until(
            SUBMISSIONS, lambda events: wanted <= {event.key for event in events}, patience=120
        )
        assert len({event.id for event in heard}) == len(wanted)
        assert {event.sequence for event in heard} == {1}
        await eventually(lambda: not intake.state.service.why_not_ready(), 60)


@pytest.mark.parametrize("seconds", OUTAGES)
async def test_while_mongodb_is_down_people_are_told_to_come_back_and_events_are_kept(
    own: Own, neighbours: Neighbours, intake: FastAPI, seconds: float
) -> None:
    async with serving(intake) as client:
        receipt = (await client.post(URL, json=a_filing())).json()
        assigned = SubmissionAssigned(
            submission_id=receipt["id"], to_state="assigned", entity="works", decided_by="rule", reason="lamp"
        )
        acknowledged = AssignmentAcknowledged(
            submission_id=receipt["id"], from_state="assigned", to_state="acknowledged", entity="works", official="o"
        )
        await own.mongo.kill()
        await neighbours.publish(receipt["id"], assigned, acknowledged)
        receipts, refusals = await keep_filing(client, seconds)
        assert not receipts
        assert all(map(is_clear, refusals))
        await own.mongo.start()

        async def _in_progress() -> bool:
            shown = await client.get(f"{URL}/{receipt['reference']}", headers={"Tawasul-Secret": receipt["secret"]})
            return shown.status_code == 200 and shown.json()["status"] == "in_progress"

        await eventually(_in_progress, 90)
        assert await intake.state.service.dead_letters.held() == 0
        assert (await client.post(URL, json=a_filing())).status_code == 201


async def test_while_kafka_does_not_answer_the_journal_of_a_backup_claims_nothing(own: Own, tmp_path: Path) -> None:
    prefix = f"test_{uuid4().hex[:12]}."
    kafka = KafkaSettings(kafka_bootstrap=own.kafka_bootstrap, topic_prefix=prefix, kafka_partitions=1)
    await ensure_topics(kafka)
    manifest = Manifest(at=utc_now(), partitions={}, positions={f"{NOTIFICATIONS.name}/0": 0}, files={})
    (tmp_path / MANIFEST).write_text(manifest.model_dump_json())

    def known_after(moment: datetime) -> bool:
        followed = followed_of(tmp_path)
        return followed is not None and followed.until > moment

    following = asyncio.create_task(follow(Stores(kafka, own.mongo_uri, {}), tmp_path))
    try:
        await eventually(lambda: known_after(manifest.at))
        own.kafka.suspend()
        deaf_since = utc_now()
        with pytest.raises(TimeoutError):
            await eventually(lambda: known_after(deaf_since), A_WHILE_SECONDS)
        own.kafka.resume()
        back_since = utc_now()
        await eventually(lambda: known_after(back_since), 60)
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=320m", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("a size-limited file system cannot be mounted here: the full disk was NOT tested")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves nothing free."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(b"\0" * 65_536)
            except OSError:
                return ballast


async def test_a_full_disk_refuses_and_keeps_everything_that_was_acknowledged(
    own: Own, neighbours: Neighbours, small_disk: Path
) -> None:
    mongo = LocalMongo(small_disk)
    await mongo.start()

    class Settings:
        kafka_bootstrap, mongo_uri = own.kafka_bootstrap, mongo.uri

    intake = create_app(intake_settings(Settings, "test_full_disk", neighbours.settings.topic_prefix))
    try:
        async with serving(intake) as client:
            receipts, refusals = await keep_filing(client, 0.5)
            assert not refusals
            ballast = await asyncio.to_thread(fill, small_disk)
            big = a_filing(text="x" * 4_000)
            until = time.monotonic() + 60
            while not refusals and time.monotonic() < until:
                answers = await asyncio.gather(*(client.post(URL, json=big) for _ in range(100)))
                receipts += [answer.json() for answer in answers if answer.status_code == 201]
                refusals += [answer for answer in answers if answer.status_code != 201]
            assert refusals, "the disk never became full"
            assert all(map(is_clear, refusals))
            os.unlink(ballast)
            if not mongo.is_running:  # mongod ends itself rather than write half a page
                await mongo.start()

            async def _files_again() -> bool:
                return (await client.post(URL, json=a_filing())).status_code == 201

            await eventually(_files_again, 60)
            stored = await intake.state.submissions.load([receipt["id"] for receipt in receipts])
            assert len(stored) == len(receipts)
    finally:
        await mongo.stop(5)
