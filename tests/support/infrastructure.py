"""Kafka and MongoDB for tests: containers where a Docker engine with the images answers, local processes otherwise.

`infrastructure` decides once per session and says which it chose. Tests share one broker and one database server and
keep apart by names: `topic_prefix` and `mongo_database` are fresh for each test. A test that kills or stops Kafka or
MongoDB takes its own LocalKafka or LocalMongo.
"""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from tawasul.stack.kafka import Kafka
from tawasul.stack.mongo import Mongo
from tawasul.stack.ports import free_port
from tawasul.stack.running import Running

from tests.support.containers import kafka_and_mongo_containers, usable_images
from tests.support.telling import tell

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 6 * 1024**3

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]


class LocalKafka(Running):
    """A broker of one's own. `start`, `stop`, `kill`, `suspend`, `resume`; the data survive a restart."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._kafka = Kafka(folder / "kafka", port or free_port(), free_port(), heap="384m")
        super().__init__(self._kafka, folder / "kafka.log")

    @property
    def bootstrap(self) -> str:
        return self._kafka.bootstrap


class LocalMongo(Running):
    """A mongod of one's own, replica set and all. `start`, `stop`, `kill`, `suspend`, `resume`; the data survive."""

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        cache_gigabytes: float = 0.25,
        oplog_megabytes: int = Mongo.oplog_megabytes,
    ) -> None:
        self._mongo = Mongo(folder / "mongod", port or free_port(), cache_gigabytes)
        self._mongo.oplog_megabytes = oplog_megabytes
        super().__init__(self._mongo, folder / "mongod.log")

    @property
    def uri(self) -> str:
        return self._mongo.uri


@dataclass(frozen=True)
class Infrastructure:
    kafka_bootstrap: str
    mongo_uri: str
    chosen: str
    """Which way it was made, in words."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def infrastructure(request: pytest.FixtureRequest) -> AsyncIterator[Infrastructure]:
    async with _infrastructure() as made:
        tell(request.config, f"Kafka and MongoDB for these tests: {made.chosen}")
        yield made


@contextlib.asynccontextmanager
async def _infrastructure() -> AsyncIterator[Infrastructure]:
    kafka, mongo = os.environ.get("TAWASUL_TEST_KAFKA_BOOTSTRAP"), os.environ.get("TAWASUL_TEST_MONGO_URI")
    if kafka and mongo:
        yield Infrastructure(kafka, mongo, f"the running {kafka} and {mongo} (TAWASUL_TEST_… variables)")
        return
    images = usable_images()
    if images is not None:
        with kafka_and_mongo_containers(images) as (kafka, mongo):
            yield Infrastructure(kafka, mongo, f"testcontainers, {images.kafka} and {images.mongo}")
        return
    with tempfile.TemporaryDirectory(prefix="tawasul-tests-", dir=_where_writing_is_quick()) as folder:
        broker, database = LocalKafka(Path(folder)), LocalMongo(Path(folder))
        async with contextlib.AsyncExitStack() as started:
            for each in (broker, database):
                await each.launch()
                started.push_async_callback(each.stop, 5.0)
            for each in (broker, database):
                await each.become_ready()
            chosen = "local processes, as no Docker engine with the images answers"
            yield Infrastructure(broker.bootstrap, database.uri, chosen)


def _where_writing_is_quick() -> Path | None:
    """In memory where there is plenty: tests that kill a store bring their own, and none of them cuts the power."""
    if not MEMORY.is_dir():
        return None
    free = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return MEMORY if free > ENOUGH_BYTES else None


@pytest.fixture(scope="session")
def kafka_bootstrap(infrastructure: Infrastructure) -> str:
    return infrastructure.kafka_bootstrap


@pytest.fixture(scope="session")
def mongo_uri(infrastructure: Infrastructure) -> str:
    return infrastructure.mongo_uri


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongo_client(mongo_uri: str) -> AsyncIterator[Client]:
    """Time-zone aware, majority writes, as the services use it."""
    async with Client(mongo_uri, tz_aware=True, w="majority") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def mongo_database(
    mongo_client: Client,
) -> AsyncIterator[Database]:
    """An empty database with a fresh name, dropped afterwards. Its name: `mongo_database.name`."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield mongo_client[name]
    await mongo_client.drop_database(name)


@pytest.fixture
def topic_prefix() -> str:
    """For TAWASUL_TOPIC_PREFIX and consumer groups: keeps this test's topics apart from every other's."""
    return f"t{uuid.uuid4().hex[:10]}."
