"""Worker: makes the model that an administrator asked for, in a process of its own.

Fitting takes seconds to minutes of computing and holds the interpreter's lock: neither the event loop nor a thread
beside it may do that. The process reads what is to be learnt, writes the model and ends; with the service it is killed.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

from pymongo.errors import PyMongoError
from shared.reference.working_time import utc_now

from router.cases.store import Assignments
from router.classifier.examples import TooLittle
from router.classifier.material import TOO_LITTLE, Material, TrainingRequest, read_made
from router.classifier.store import ModelRecord, Models
from router.classifier.trainings import MOST_ATTEMPTS, Training, Trainings
from router.directory.store import Publications
from router.metrics import TRAININGS_ENDED

logger = logging.getLogger(__name__)

LOOKED_UP_EVERY_SECONDS = 2.0
HELD_EVERY_SECONDS = 15.0
MOST_CORRECTIONS = 50_000
MOST_SECONDS = 1_800.0
"""Fitting takes minutes at most. While a process that hangs were waited for, none could be asked for."""

Computing = Callable[[TrainingRequest], Awaitable[tuple[ModelRecord, bytes]]]


class Uncomputed(Exception):
    """The process ended without a model; what it said is in the log."""


async def in_a_process(asked: TrainingRequest, most_seconds: float = MOST_SECONDS) -> tuple[ModelRecord, bytes]:
    """Raises Uncomputed, TooLittle for a catalogue with too little to tell apart, and TimeoutError."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "router", "learn")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(most_seconds):
            written, said = await process.communicate(asked.model_dump_json().encode())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.returncode == TOO_LITTLE:
        raise TooLittle("too few categories")
    if process.returncode != 0:
        raise Uncomputed(said.decode(errors="replace")[-2_000:])
    return read_made(written)


class TrainingWorker:
    def __init__(
        self,
        trainings: Trainings,
        models: Models,
        publications: Publications,
        assignments: Assignments,
        computing: Computing = in_a_process,
        held_every_seconds: float = HELD_EVERY_SECONDS,
    ) -> None:
        self._trainings = trainings
        self._models = models
        self._publications = publications
        self._assignments = assignments
        self.computing = computing
        self._held_every_seconds = held_every_seconds

    async def run(self) -> None:
        while True:
            await self.make_what_was_asked_for()
            await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)

    async def make_what_was_asked_for(self) -> None:
        """Stores the model and its scores; it is used when somebody says so. A failure is told on the page."""
        taken = await self._trainings.take(utc_now())
        if taken is None:
            return
        async with self._held(taken):
            try:
                await self._make(taken)
            except TooLittle:
                await self._end(taken, "failed", why="catalogue")
            except Exception:
                logger.exception("a model could not be made", extra={"attempt": taken.attempts})
                await self._end(taken, "failed", why="error")

    async def _make(self, taken: Training) -> None:
        if taken.attempts > MOST_ATTEMPTS:
            await self._end(taken, "failed", why="interrupted")
            return
        await self._trainings.reach(taken, "reading", utc_now())
        version = await self._publications.version_at(utc_now())
        if version is None:
            await self._end(taken, "failed", why="directory")
            return
        country = (await self._publications.read(version)).country
        corrections = await self._assignments.corrections(MOST_CORRECTIONS)
        material = Material(version, country, await self._models.texts(), corrections)
        await self._trainings.reach(taken, "learning", utc_now())
        record, content = await self.computing(TrainingRequest.of(material, taken.precision, utc_now()))
        if await self._trainings.reach(taken, "storing", utc_now()):
            stored = await self._models.add(record, content)
            await self._end(taken, "done", stored.version)

    async def _end(
        self, taken: Training, step: Literal["done", "failed"], version: int | None = None, why: str | None = None
    ) -> None:
        if await self._trainings.reach(taken, step, utc_now(), version, why):
            TRAININGS_ENDED.labels(step).inc()

    @contextlib.asynccontextmanager
    async def _held(self, taken: Training) -> AsyncIterator[None]:
        async def hold() -> None:
            while True:
                await asyncio.sleep(self._held_every_seconds)
                try:
                    await self._trainings.hold(taken, utc_now())
                except PyMongoError:  # what it makes counts if it is back in time
                    logger.warning("a training could not be held", exc_info=True)

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
