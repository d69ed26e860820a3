"""The audit trail: who read or changed personal or confidential data, when, why, and from where.

A record is durable before the answer that it is about: what cannot be recorded is not shown. Records that come while
a write is in flight leave together in the next one (no timer), in the order of this process's chain. After a write
whose end is unknown the process begins a new chain, so that no doubt reaches into a chain: see `audit_chain`.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Request
from prometheus_client import Counter, Histogram
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.http.auth import Caller
from shared.http.problems import busy
from shared.http.rate_limits import address_of
from shared.operations.metrics import FAST
from shared.operations.observability import correlation_id
from shared.privacy.audit_chain import Entry, hash_of, origin_of_chain, signature_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document

logger = logging.getLogger(__name__)

RECORDS, SEALS = "audit_records", "audit_seals"
SEALED_EVERY_SECONDS = 60.0
LATEST_ARRIVAL = timedelta(minutes=5)
"""A record is stored, or given up, long before it is so old: sealing looks back no further."""

MOST_WAITING = 2_000
AT_ONCE = 200

WRITTEN = Counter("tawasul_audit_records_total", "Audit records made durable", ["action"])
FAILED = Counter("tawasul_audit_failures_total", "Audit records that could not be stored; their data was not shown")
DURATION = Histogram("tawasul_audit_write_duration_seconds", "Time until a record is durable", buckets=FAST)
SEALED = Counter("tawasul_audit_seals_total", "Seals set on the chains")

Waiting = tuple[Entry, "asyncio.Future[None]"]


class Audit:
    """One process's way into the trail of its service. `keys`: base64url, newest first, separated by commas; without
    any, addresses are left out and seals are not signed."""

    def __init__(self, database: AsyncDatabase[Document], holder: str, keys: str) -> None:
        self._records = database[RECORDS]
        self._seals = database[SEALS]
        self._holder = holder
        self._keys = read_keys(keys)
        self._queue: list[Waiting] = []
        self._chain, self._sequence, self._previous = "", 0, ""
        self._flusher: asyncio.Task[None] | None = None
        self._begin_chain()

    async def ensure_indexes(self) -> None:
        await self._records.create_index([("chain", 1), ("sequence", 1)], name="chain", unique=True)
        await self._records.create_index("at", name="at")
        await self._records.create_index("things", name="things")
        await self._seals.create_index("number", name="number", unique=True)

    async def record(
        self, request: Request, caller: Caller, action: str, kind: str, things: Sequence[str], why: str
    ) -> None:
        """Durable when it returns. `action` is one of a few fixed words, `things` are ids of `kind`, `why` is by what
        right. Raises Problem 503 where it cannot be stored."""
        entry: Entry = {
            "at": utc_now(),
            "who": {"subject": caller.subject, "roles": sorted(caller.roles), "entity": caller.entity},
            "action": action,
            "kind": kind,
            "things": list(things),
            "why": why,
            "from": self._address(request),
            "correlation": correlation_id.get(),
        }
        began = time.perf_counter()
        if len(self._queue) >= MOST_WAITING:
            FAILED.inc()
            raise busy()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((entry, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush(), name="audit")
        try:
            await done
        except PyMongoError as error:
            FAILED.inc()
            raise busy() from error
        WRITTEN.labels(action).inc()
        DURATION.observe(time.perf_counter() - began)

    async def drain(self) -> None:
        if self._flusher is not None:
            await self._flusher

    async def seal_each_minute(self) -> None:
        """For ever, in every process: whoever comes second with a number finds it taken, and nothing left to seal."""
        while True:
            await self.seal()
            await asyncio.sleep(SEALED_EVERY_SECONDS)

    async def seal(self) -> bool:
        """Name the newest record of every chain that grew; False where none did, or another process was first."""
        last = await self._seals.find_one({}, sort=[("number", -1)])
        since = last["at"] - LATEST_ARRIVAL if last else datetime.fromtimestamp(0, UTC)
        heads = await self._grown_since(since, await self._named_since(since))
        if not heads:
            return False
        seal: Entry = {
            "number": last["number"] + 1 if last else 1,
            "at": utc_now(),
            "heads": heads,
            "previous": last["hash"] if last else origin_of_chain("seals"),
        }
        seal["hash"] = hash_of(seal)
        seal["signature"] = signature_of(seal["hash"], self._keys[0]) if self._keys else None
        try:
            await self._seals.insert_one({"_id": seal["number"], **seal})
        except DuplicateKeyError:
            return False
        SEALED.inc()
        # Whoever keeps the logs elsewhere can tell a trail that was cut or replaced: `tawasul audit verify --expect`.
        logger.info("audit sealed", extra={"seal": seal["number"], "seal_hash": seal["hash"]})
        return True

    async def _grown_since(self, since: datetime, named: dict[str, int]) -> dict[str, Entry]:
        newest = {"sequence": {"$last": "$sequence"}, "hash": {"$last": "$hash"}}
        found = await self._records.aggregate(
            [
                {"$match": {"at": {"$gte": since}}},
                {"$sort": {"chain": 1, "sequence": 1}},
                {"$group": {"_id": "$chain", **newest}},
            ]
        )
        return {
            head["_id"]: {"sequence": head["sequence"], "hash": head["hash"]}
            async for head in found
            if head["sequence"] > named.get(head["_id"], 0)
        }

    async def _named_since(self, since: datetime) -> dict[str, int]:
        """The newest sealed record of each chain. Chains sealed earlier than `since` have no records from then on, or
        have them named in a seal after it."""
        named: dict[str, int] = {}
        async for seal in self._seals.find({"at": {"$gte": since}}).sort("number", 1):
            named |= {chain: head["sequence"] for chain, head in seal["heads"].items()}
        return named

    async def _flush(self) -> None:
        while self._queue:
            batch, self._queue = self._queue[:AT_ONCE], self._queue[AT_ONCE:]
            try:
                await self._write([entry for entry, _ in batch])
            except BaseException as error:
                self._begin_chain()
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error if isinstance(error, PyMongoError) else PyMongoError(repr(error)))
                if not isinstance(error, PyMongoError):
                    raise
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    async def _write(self, entries: Sequence[Entry]) -> None:
        sequence, previous = self._sequence, self._previous
        documents = []
        for entry in entries:
            sequence += 1
            record = {**entry, "chain": self._chain, "sequence": sequence, "previous": previous}
            previous = record["hash"] = hash_of(record)
            documents.append({"_id": f"{self._chain}/{sequence}", **record})
        await self._records.insert_many(documents, ordered=True)
        self._sequence, self._previous = sequence, previous

    def _begin_chain(self) -> None:
        self._chain = f"{self._holder}/{uuid4().hex[:8]}".replace(".", "_")
        self._sequence = 0
        self._previous = origin_of_chain(self._chain)

    def _address(self, request: Request) -> str | None:
        """A keyed hash: the same address is recognised, and not to be had from the trail without the key."""
        if not self._keys:
            return None
        digest = hmac.digest(self._keys[0], f"address {address_of(request)}".encode(), hashlib.sha256)
        return digest.hex()[:32]


def read_keys(keys: str) -> list[bytes]:
    parts = [part.strip() for part in keys.split(",") if part.strip()]
    read = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
    if any(len(key) < 32 for key in read):
        raise ValueError("an audit key has at least 32 bytes")
    return read


def audit_of(request: Request) -> Audit:
    audit: Any = request.app.state.audit
    assert isinstance(audit, Audit)
    return audit


class RequestAudit:
    """The trail for one request: commands record who did what through it and see nothing of HTTP."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def record(self, caller: Caller, action: str, kind: str, things: Sequence[str], why: str) -> None:
        """Does what `Audit.record` does."""
        await audit_of(self._request).record(self._request, caller, action, kind, things, why)


AuditTrail = Annotated[RequestAudit, Depends(RequestAudit)]
