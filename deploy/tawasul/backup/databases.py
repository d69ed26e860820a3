"""MongoDB's side: every collection of the four databases as of one moment, and back."""

import struct
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from tawasul.backup.folder import Sum, Writing, reading
from tawasul.backup.records import BackedUpRecord
from tawasul.backup.refusal import Refused
from tawasul.backup.stores import Stores

RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
NOT_KEPT = frozenset({"leases", "sessions"})
"""Leases and sessions, which are not backed up: nobody gets a session back that was ended meanwhile."""

READ_TOGETHER = 1_000
WRITTEN_TOGETHER = 1_000
WRITTEN_BYTES = 8 * 1024 * 1024
SNAPSHOT_GONE = {239: "it took longer than MongoDB keeps a snapshot", 246: "a collection changed its indexes meanwhile"}

Client = AsyncMongoClient[dict[str, Any]]


def connected(stores: Stores) -> Client:
    return AsyncMongoClient(stores.mongo_uri, tz_aware=True, w="majority")


class Snapshot:
    """The four databases as they were when this was begun, however long one reads."""

    def __init__(self, client: Client, session: AsyncClientSession, stores: Stores) -> None:
        self._client = client
        self._session = session
        self._stores = stores
        self._collections: dict[str, list[str]] = {}

    async def begin(self) -> None:
        before = await self._names()
        if not any(before.values()):
            raise Refused("there is nothing to back up: no such databases")
        service, names = next((service, names) for service, names in before.items() if names)
        await self._database(service)[names[0]].find_one({}, session=self._session)
        if await self._names() != before:
            raise Refused("a collection came while the backup began: begin it again")
        self._collections = before

    async def _names(self) -> dict[str, list[str]]:
        return {
            service: sorted(
                name
                for name in await self._client[database].list_collection_names()
                if name not in NOT_KEPT and not name.startswith("system.")
            )
            for service, database in self._stores.databases.items()
        }

    def _database(self, service: str) -> Any:
        return self._client[self._stores.databases[service]]

    async def write(self, folder: Path) -> dict[str, Sum]:
        sums = {}
        for service, names in self._collections.items():
            for name in names:
                file = Writing(folder, f"mongodb/{service}/{name}.bson.gz")
                collection = self._database(service).get_collection(name, codec_options=RAW)
                async for document in collection.find({}, session=self._session, batch_size=READ_TOGETHER):
                    file.write(document.raw)
                sums[file.name] = file.close()
        return sums

    async def known(self, owner: str, stream: str, records: Sequence[BackedUpRecord]) -> list[bool]:
        """For each record, whether its owner had written it by the moment.

        A tombstone and what is no event have no place in a sequence: they are kept, as erasing once more does no harm.
        """
        ids = sorted({part for kept in records for part in _owners_of(kept)})
        newest: dict[str, int] = {}
        asked = {"_id": {"$in": ids}, "sequences": {"$exists": True}}
        for name in self._collections[owner]:
            collection = self._database(owner)[name]
            async for found in collection.find(asked, {"sequences": 1}, session=self._session):
                for counted, last in found["sequences"].items():
                    of, _, key = counted.partition(":")
                    if of == stream:
                        newest[key or found["_id"]] = last
        return [kept.sequence is None or kept.sequence <= newest.get(_key(kept), 0) for kept in records]


def _key(kept: BackedUpRecord) -> str:
    return (kept.key or b"").decode(errors="replace")


def _owners_of(kept: BackedUpRecord) -> tuple[str, str]:
    """Ids of the documents that may have published it: a contact is its submission's."""
    key = _key(kept)
    return key, key.partition("/")[0]


def why_gone(error: OperationFailure) -> str | None:
    """In words, where the snapshot could not be read to its end."""
    return SNAPSHOT_GONE.get(error.code or 0)


async def in_use(client: Client, stores: Stores) -> list[str]:
    """Services of which a process runs: it holds a lease."""
    running = []
    for service, database in stores.databases.items():
        now = {"$expr": {"$gt": ["$until", "$$NOW"]}}
        if await client[database]["leases"].find_one(now) is not None:
            running.append(service)
    return running


async def holding(client: Client, stores: Stores) -> list[str]:
    """Services whose database has documents."""
    found = []
    for service, database in stores.databases.items():
        for name in await client[database].list_collection_names():
            if not name.startswith("system.") and await client[database][name].find_one({}, {"_id": 1}):
                found.append(service)
                break
    return found


async def write_back(client: Client, stores: Stores, folder: Path, files: Mapping[str, Sum]) -> int:
    """Every document of the backup; how many."""
    count = 0
    for name, expected in files.items():
        kind, _, rest = name.partition("/")
        if kind != "mongodb":
            continue
        service, _, file = rest.partition("/")
        collection = client[stores.databases[service]].get_collection(file.removesuffix(".bson.gz"), codec_options=RAW)
        written = 0
        async for batch in _batches(folder, name):
            await collection.insert_many(batch, ordered=False)
            written += len(batch)
        if written != expected.entries:
            raise Refused(f"{name} holds {written} documents instead of {expected.entries}")
        count += written
    return count


async def _batches(folder: Path, name: str) -> AsyncIterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    size = 0
    for raw in _documents(folder, name):
        batch.append(RawBSONDocument(raw))
        size += len(raw)
        if len(batch) == WRITTEN_TOGETHER or size > WRITTEN_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _documents(folder: Path, name: str) -> Iterator[bytes]:
    with reading(folder, name) as file:
        while head := file.read(4):
            yield head + file.read(struct.unpack("<i", head)[0] - 4)
