"""Group commit: submissions that arrive during a write are stored together by the next one.

There is no timer: a lone submission is written at once. One unordered insert of sixty documents costs about as much as
one of a single document, and an invalid or repeated document fails alone.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import pymongo
from prometheus_client import Counter, Gauge, Histogram
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError
from shared.operations.metrics import FAST, SIZES
from shared.storage.aggregates import Document

logger = logging.getLogger(__name__)

SIZE = Histogram("tawasul_intake_commit_submissions", "Submissions in one write", buckets=SIZES)
WAIT = Histogram(
    "tawasul_intake_commit_wait_seconds", "The longest from asking to acknowledgement, of each write", buckets=FAST
)
WAITING = Gauge("tawasul_intake_commit_waiting_submissions", "Submissions waiting for their write")
ACKNOWLEDGEMENTS = Counter(
    "tawasul_intake_acknowledgements_total",
    "Submissions that asked to be made durable, by what came of it",
    ["outcome"],
)
IN_TIME, LATE, REFUSED, NOT_STORED = (
    ACKNOWLEDGEMENTS.labels(outcome) for outcome in ("in_time", "late", "refused", "not_stored")
)

IN_TIME_SECONDS = 1.0
"""The service level: a citizen has the reference number within a second."""

PATIENCE_SECONDS = 8.0
"""A database that neither writes nor refuses (a full disk) must not block people: after this time they get 503."""


class QueueFull(Exception):
    """The queue is full; nothing was stored."""


class NotStored(Exception):
    """The write failed or was not acknowledged by a majority. It may have succeeded, so retry with the same id."""


class Rejected(Exception):
    """The database refused this one document; `fault` is its write error."""

    def __init__(self, fault: Mapping[str, Any]) -> None:
        super().__init__(str(fault.get("code")))
        self.fault = fault


class GroupCommit:
    def __init__(self, collection: AsyncCollection[Document], queue_limit: int, commit_limit: int) -> None:
        self.collection = collection
        self.queue_limit = queue_limit
        self.commit_limit = commit_limit
        self._queue: deque[tuple[Document, asyncio.Future[None], float]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def add(self, document: Document) -> None:
        """Returns when the document is durable. Raises QueueFull, NotStored or Rejected."""
        if len(self._queue) >= self.queue_limit:
            REFUSED.inc()
            raise QueueFull
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((document, stored, time.perf_counter()))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await stored

    async def drain(self) -> None:
        """Wait until all queued documents are stored or refused."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self.commit_limit))]
            WAITING.set(len(self._queue))
            SIZE.observe(len(batch))
            await self._write(batch)

    async def _write(self, batch: list[tuple[Document, asyncio.Future[None], float]]) -> None:
        faults: dict[int, Exception] = {}
        try:
            with pymongo.timeout(PATIENCE_SECONDS):
                await self.collection.insert_many([document for document, _, _ in batch], ordered=False)
        except BulkWriteError as error:
            if error.details.get("writeConcernErrors"):
                faults = dict.fromkeys(range(len(batch)), NotStored())
            for fault in error.details.get("writeErrors", []):
                faults[fault["index"]] = Rejected(fault)
        except Exception as error:
            # Any failure is reported to the waiting requests, and the next batch is tried.
            logger.warning("submissions not stored", extra={"count": len(batch), "reason": type(error).__name__})
            faults = dict.fromkeys(range(len(batch)), NotStored(type(error).__name__))
        longest = time.perf_counter() - batch[0][2]
        WAIT.observe(longest)
        not_stored = sum(isinstance(fault, NotStored) for fault in faults.values())
        NOT_STORED.inc(not_stored)
        # The longest wait of a write counts for all its submissions. Refused repetitions count as acknowledged.
        (IN_TIME if longest <= IN_TIME_SECONDS else LATE).inc(len(batch) - not_stored)
        for index, (_, stored, _) in enumerate(batch):
            if stored.done():
                continue  # the client has disconnected; a stored submission stays, and its events are published
            fault = faults.get(index)
            if fault is None:
                stored.set_result(None)
            else:
                stored.set_exception(fault)
