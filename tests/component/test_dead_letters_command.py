"""A dead letter's whole life in a running service: over HTTP, by role, and with the command of operations."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from shared.messaging import Consumer
from shared.service import Service
from shared.settings import ServiceSettings
from shared.topics import SUBMISSIONS
from tawasul.cli import app as tawasul
from tawasul.stack.identity import Identity
from tawasul.stack.paths import COUNTRY
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running
from typer.testing import CliRunner, Result

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.parcels import Handlers, parcels_of, received
from tests.support.provider import Provider
from tests.support.router import an_id
from tests.support.serving import serving

URL = "/internal/dead-letters"


@dataclass
class Office:
    """The parcels' service; its handlers can be mended while it runs."""

    service: Service
    handlers: Handlers
    database: Database
    neighbours: Neighbours

    async def poison(self) -> tuple[str, str]:
        """The ids of a submission that the handlers break on, and of its dead letter."""
        id = an_id()
        await self.neighbours.publish(id, received(id, "a bug"))

        async def _held() -> object:
            return await self.database["dead_letters"].find_one({"key": id})

        await eventually(_held)
        letter = await self.database["dead_letters"].find_one({"key": id})
        assert letter is not None
        return id, str(letter["_id"])

    async def happened(self, id: str) -> list[str]:
        parcel = await parcels_of(self.database).find(id)
        return parcel.state.happened if parcel and parcel.state else []


def an_office(
    infrastructure: Infrastructure, database: Database, prefix: str, issuer: str, neighbours: Neighbours
) -> Office:
    settings = ServiceSettings.model_validate(
        {
            "kafka_bootstrap": infrastructure.kafka_bootstrap,
            "mongo_uri": infrastructure.mongo_uri,
            "mongo_database": database.name,
            "topic_prefix": prefix,
            "kafka_partitions": 3,
            "oidc_issuer": issuer,
        }
    )
    service, handlers = Service("router", settings, outboxes=["parcels"]), Handlers()
    consumer = Consumer(
        service.database,
        parcels_of(service.database),
        handlers.table(),
        [SUBMISSIONS],
        service.group,
        topic_prefix=prefix,
    )
    service.subscribe([SUBMISSIONS], consumer.take)
    return Office(service, handlers, database, neighbours)


async def test_only_administrators_list_show_replay_and_discard(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    neighbours: Neighbours,
) -> None:
    office = an_office(infrastructure, mongo_database, topic_prefix, provider.issuer, neighbours)
    officer = provider.authorization("officer.works", "officer", entity="works")
    administrator = provider.authorization("administrator", "administrator")
    async with serving(office.service.application()) as client:
        (first, replayed), (_, discarded) = await office.poison(), await office.poison()
        for method, path in [
            ("GET", URL),
            ("GET", f"{URL}/{replayed}"),
            ("POST", f"{URL}/{replayed}/replay"),
            ("DELETE", f"{URL}/{replayed}"),
        ]:
            assert (await client.request(method, path)).status_code == 401
            assert (await client.request(method, path, headers=officer)).status_code == 403

        client.headers.update(administrator)
        listed = (await client.get(URL)).json()["items"]
        assert {letter["_id"] for letter in listed} == {replayed, discarded}
        assert all("value" not in letter and "headers" not in letter for letter in listed)
        shown = (await client.get(f"{URL}/{replayed}")).json()
        assert (shown["key"], shown["reason"]) == (first, "ZeroDivisionError in a handler")
        assert '"a bug"' in shown["value"]

        office.handlers.is_broken = False
        assert (await client.post(f"{URL}/{replayed}/replay")).status_code == 202
        assert (await client.delete(f"{URL}/{discarded}")).status_code == 200
        await eventually(lambda: _has_happened(office, first))
        for id in (replayed, discarded, "unknown"):  # settled is settled
            assert (await client.post(f"{URL}/{id}/replay")).status_code == 404
            assert (await client.delete(f"{URL}/{id}")).status_code == 404
        assert (await client.get(f"{URL}/unknown")).status_code == 404
        assert (await client.get(URL)).json()["items"] == []
        assert len((await client.get(f"{URL}?status=replayed")).json()["items"]) == 1
        assert (await client.get(f"{URL}?status=nonsense")).status_code == 422


@pytest_asyncio.fixture(loop_scope="session")
async def identity(tmp_path: Path) -> AsyncIterator[int]:
    """The development provider's port."""
    port = free_port()
    running = Running(Identity(Port("identity", port), COUNTRY / "officials.yaml"), tmp_path / "identity.log")
    await running.start()
    yield port
    await running.stop()


async def test_the_command_takes_a_dead_letter_from_held_to_applied_once(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = an_office(infrastructure, mongo_database, topic_prefix, f"http://127.0.0.1:{identity}", neighbours)
    async with listening(office.service) as port:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(port))
        (first, letter), (second, other) = await office.poison(), await office.poison()

        listed = await command("list", "router")
        assert listed.exit_code == 1  # there are some
        assert letter in listed.output
        assert other in listed.output
        shown = await command("show", "router", letter)
        assert shown.exit_code == 0
        assert first in shown.output
        assert "ZeroDivisionError in a handler" in shown.output

        office.handlers.is_broken = False
        assert (await command("replay", "router", letter)).exit_code == 0
        await eventually(lambda: _has_happened(office, first))
        again = await command("replay", "router", letter)
        assert again.exit_code == 2
        assert "404" in again.output
        assert (await command("discard", "router", other)).exit_code == 0
        assert (await command("list", "router")).exit_code == 0
        assert other in (await command("list", "router", "--status", "discarded")).output
        assert await office.happened(first) == ["received a bug"]
        assert await office.happened(second) == []


async def test_the_command_says_when_the_service_is_not_there(identity: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
    monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(free_port()))
    refused = await command("list", "router")
    assert refused.exit_code == 2
    assert "router does not answer" in refused.output


async def _has_happened(office: Office, id: str) -> bool:
    return bool(await office.happened(id))


async def command(*arguments: str) -> Result:
    """In a thread, as it has a loop of its own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(tawasul, ["dead-letters", *arguments]))


@contextlib.asynccontextmanager
async def listening(service: Service) -> AsyncIterator[int]:
    """The service on a port of its own, ready."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(service.application(), log_config=None))
    serving_task = asyncio.create_task(server.serve([door]))
    try:
        await eventually(lambda: not service.why_not_ready())
        port: int = door.getsockname()[1]
        yield port
    finally:
        server.should_exit = True
        await serving_task
        door.close()
