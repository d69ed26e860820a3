"""Three Kafka brokers and a MongoDB replica set of three as processes, and which of them leads at the moment."""

import asyncio
import socket
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from shared.operations.settings import KafkaSettings
from tawasul.backup.take import admin_of
from tawasul.stack.local import kafka_of, mongo_of
from tawasul.stack.ports import free_port
from tawasul.stack.running import Running
from tawasul.stack.settings import StackSettings

from tests.support.eventually import eventually

START_SECONDS = 240.0
DESCRIBED_SECONDS, LOOK_AGAIN_SECONDS = 60.0, 0.5
FETCH_BY_ASKING = "oplogFetcherUsesExhaust=false"
"""Otherwise what a primary writes is pushed to its followers, and one that is held up has it all in its socket."""


class Cluster:
    """`brokers` and `members` in the order of their numbers, which count from 1."""

    def __init__(self, folder: Path) -> None:
        first, second = _free_in_a_row(6), _free_in_a_row(3)
        settings = StackSettings(
            cluster=True, state=folder, port_kafka=first, port_kafka_controller=first + 1, port_mongod=second
        )
        kafka, mongo = kafka_of(settings), mongo_of(settings)
        self.bootstrap, self.uri = kafka[0].bootstrap, mongo[0].uri
        self.brokers = [Running(each, folder / f"{each.name}.log") for each in kafka]
        self.members = [Running(each, folder / f"{each.name}.log") for each in mongo]
        for broker in kafka:
            broker.patience = START_SECONDS
        for member in mongo:
            member.patience = START_SECONDS
            member.parameters = (FETCH_BY_ASKING,)

    async def start(self) -> None:
        """Raises CannotStart."""
        parts = (*self.brokers, *self.members)
        for part in parts:
            await part.launch()
        await asyncio.gather(*(part.become_ready() for part in parts))

    async def kill(self) -> None:
        await asyncio.gather(*(part.kill() for part in (*self.brokers, *self.members)))

    async def primary(self) -> Running:
        """The member that takes writes."""
        async with AsyncMongoClient[dict[str, object]](self.uri) as client:
            await client.admin.command("ping")
            found = await client.primary
        assert found is not None
        return next(each for each in self.members if each.component.ports[0].number == found[1])

    async def leader(self, topic: str) -> Running:
        """The broker that leads its first partition."""
        leads = next(each["leader"] for each in await self._partitions(topic) if each["partition"] == 0)
        return self.brokers[int(leads) - 1]

    async def copies(self, topic: str) -> set[int]:
        """How many replicas are in sync, of each partition."""
        return {len(each["isr"]) for each in await self._partitions(topic)}

    async def _partitions(self, topic: str) -> list[dict[str, Any]]:
        """Asks until a broker answers: for a while, the one that was just killed is among those that are asked."""
        found: list[dict[str, Any]] = []

        async def is_described() -> bool:
            try:
                async with admin_of(KafkaSettings(kafka_bootstrap=self.bootstrap)) as admin:
                    (described,) = await admin.describe_topics([topic])
            except KafkaError:
                return False
            found[:] = described["partitions"]
            return bool(found)

        await eventually(is_described, DESCRIBED_SECONDS, LOOK_AGAIN_SECONDS)
        return found


def _free_in_a_row(count: int) -> int:
    """The first of so many ports that nobody listens at."""
    while True:
        first = free_port()
        if all(_is_free(first + place) for place in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
        return True
