"""Kafka and MongoDB under test: one process each, or three of each, of which the one that leads is hit."""

import asyncio
import time
from pathlib import Path
from typing import Protocol

from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from shared.events.topics import SUBMISSIONS
from tawasul.stack.running import Running

from tests.faults.ledger import Document
from tests.support.cluster import Cluster
from tests.support.infrastructure import LocalKafka, LocalMongo

COPIES = 3
WHOLE_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.5
STAYS_DOWN_SECONDS = 10


class Stores(Protocol):
    bootstrap: str
    uri: str
    parts: dict[str, Running]
    copies: int
    """Copies of every record, on as many brokers."""

    async def leading(self, store: str) -> Running:
        """The process of `kafka` or `mongod` that takes writes."""

    async def is_whole(self, store: str) -> bool:
        """Whether all of its processes have what was acknowledged."""


class Alone:
    copies = 1

    def __init__(self, folder: Path) -> None:
        kafka, mongo = LocalKafka(folder), LocalMongo(folder)
        self.bootstrap, self.uri = kafka.bootstrap, mongo.uri
        self.parts: dict[str, Running] = {"kafka": kafka, "mongod": mongo}

    async def leading(self, store: str) -> Running:
        return self.parts[store]

    async def is_whole(self, store: str) -> bool:
        return True


class Three:
    copies = COPIES

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder)
        self.bootstrap, self.uri = self.cluster.bootstrap, self.cluster.uri
        self.parts = {part.component.name: part for part in (*self.cluster.brokers, *self.cluster.members)}

    async def leading(self, store: str) -> Running:
        if store == "mongod":
            return await self.cluster.primary()
        return await self.cluster.leader(SUBMISSIONS.name)

    async def is_whole(self, store: str) -> bool:
        try:
            return await (self._brokers_agree() if store == "kafka" else self._members_agree())
        except (KafkaError, PyMongoError, OSError):
            return False

    async def _brokers_agree(self) -> bool:
        return await self.cluster.copies(SUBMISSIONS.name) == {COPIES}

    async def _members_agree(self) -> bool:
        async with AsyncMongoClient[Document](self.uri, serverSelectionTimeoutMS=3_000) as client:
            status = await client.admin.command("replSetGetStatus")
        # One that returns is a follower at once, and learns a little later that others went on without it.
        terms = {member["optime"]["t"] for member in status["members"] if "optime" in member}
        states = sorted(member["stateStr"] for member in status["members"])
        return states == ["PRIMARY", "SECONDARY", "SECONDARY"] and terms == {status["term"]}


async def until_whole(stores: Stores, store: str) -> None:
    """Raises TimeoutError: a process that does not find its way back has lost something."""
    deadline = time.monotonic() + WHOLE_SECONDS
    while not await stores.is_whole(store):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{store} is not whole again after {WHOLE_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def step_down(uri: str) -> None:
    """The primary of the set gives its office away, as for maintenance; it may not take it again for a while."""
    async with AsyncMongoClient[Document](uri) as client:
        try:
            await client.admin.command("replSetStepDown", STAYS_DOWN_SECONDS, secondaryCatchUpPeriodSecs=5)
        except OperationFailure:  # nobody had caught up in time: a failover all the same
            await client.admin.command("replSetStepDown", STAYS_DOWN_SECONDS, force=True)
