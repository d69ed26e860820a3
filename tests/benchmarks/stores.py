"""A Kafka and a MongoDB of their own for each group of figures, and processes that answer with one line of JSON."""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from tawasul.stack.kafka import jars_folder
from tawasul.stack.mongo import mongod
from tawasul.stack.process import Process

from tests.support.infrastructure import LocalKafka, LocalMongo

MONGOD_CACHE_GIGABYTES = 2.0
MONGOD_OPLOG_MEGABYTES = 4_096
"""Ways are read from it afterwards: the first of them must still be there when all open cases have been judged anew."""

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Stores:
    kafka_bootstrap: str
    mongo_uri: str
    folder: Path
    """For logs and other files; gone with the stores."""

    @property
    def environment(self) -> dict[str, str]:
        """Settings of a service, or of a part of one."""
        return {"TAWASUL_KAFKA_BOOTSTRAP": self.kafka_bootstrap, "TAWASUL_MONGO_URI": self.mongo_uri}

    def client(self) -> AsyncMongoClient[dict[str, Any]]:
        return AsyncMongoClient(self.mongo_uri, tz_aware=True, w="majority")


@contextlib.asynccontextmanager
async def fresh_stores() -> AsyncIterator[Stores]:
    """Both empty, and nobody else in them."""
    with tempfile.TemporaryDirectory(prefix="tawasul-bench-") as name:
        folder = Path(name)
        kafka = LocalKafka(folder)
        mongo = LocalMongo(folder, None, MONGOD_CACHE_GIGABYTES, MONGOD_OPLOG_MEGABYTES)
        async with contextlib.AsyncExitStack() as started:
            for each in (kafka, mongo):
                await each.launch()
                started.push_async_callback(each.kill)  # nothing of it is kept
            for each in (kafka, mongo):
                await each.become_ready()
            yield Stores(kafka.bootstrap, mongo.uri, folder)


async def run(process: str, *arguments: object, environment: Environment, folder: Path) -> Any:
    """Run `tests.benchmarks.processes.<process>` to its end; what its last line of output says."""
    log = folder / f"{process}.log"
    command = [sys.executable, "-m", f"tests.benchmarks.processes.{process}", *map(str, arguments)]
    child = Process(command, environment, log)
    await child.start()
    try:
        code = await child.ended()
    finally:
        await child.kill()
    written = log.read_text().strip().splitlines()
    if code or not written:
        raise RuntimeError(f"{process} ended with {code}: " + "\n".join(written[-15:]))
    return json.loads(written[-1])


def kafka_version() -> str:
    """As the jar's name tells."""
    names = sorted(jar.name for jar in jars_folder().glob("kafka_2*.jar"))
    found = re.search(r"-(\d[\d.]*)\.jar", names[0]) if names else None
    return found.group(1) if found else "unknown"


def mongod_version() -> str:
    answer = subprocess.run([mongod(), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version v([\d.]+)", answer.stdout)
    return found.group(1) if found else "unknown"
