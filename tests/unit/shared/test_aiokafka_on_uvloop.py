"""A broker that is killed resets its connections: what is sent on one at that moment must fail as aiokafka expects."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

import aiokafka.conn
import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from shared.messaging import aiokafka_on_uvloop

from tests.support.eventually import PATIENCE_SECONDS

METADATA = struct.pack(">hhh", MetadataRequest([]).API_KEY, 0, 5)
AT_ONCE = struct.pack("ii", 1, 0)


class Broker:
    """Says which versions it speaks, and no more."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        correlation_id = (await reader.readexactly(size))[4:8]
        body = correlation_id + struct.pack(">hi", 0, 1) + METADATA
        writer.write(struct.pack(">i", len(body)) + body)

    def reset(self) -> None:
        assert self._writer is not None
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def connected(kind: Any) -> AsyncIterator[tuple[Any, Broker]]:
    broker = Broker()
    async with await asyncio.start_server(broker.answer, "127.0.0.1", 0) as server:
        connection = kind("127.0.0.1", server.sockets[0].getsockname()[1])
        await connection.connect()
        yield connection, broker


async def _errors_while_it_is_reset(kind: Any) -> set[type[BaseException]]:
    """Something is sent in each turn of the loop, from the reset until the connection knows of it."""
    errors: set[type[BaseException]] = set()
    sent: list[asyncio.Future[Any]] = []
    async with asyncio.timeout(PATIENCE_SECONDS), connected(kind) as (connection, broker):
        broker.reset()
        while connection.connected():
            try:
                sent.append(asyncio.ensure_future(connection.send(MetadataRequest([]))))
            except Exception as error:
                errors.add(type(error))
            await asyncio.sleep(0)
        await asyncio.gather(*sent, return_exceptions=True)
    return errors


def test_uvloop_still_raises_what_aiokafka_does_not_expect() -> None:
    """When this fails, `shared.messaging.aiokafka_on_uvloop` has become needless."""
    assert uvloop.run(_errors_while_it_is_reset(AIOKafkaConnection)) == {RuntimeError}


def test_what_is_sent_on_a_connection_that_is_being_reset_fails_as_a_broken_connection() -> None:
    assert uvloop.run(_errors_while_it_is_reset(aiokafka_on_uvloop.Connection)) == {KafkaConnectionError}


def test_every_client_of_a_process_connects_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiokafka.conn, "AIOKafkaConnection", AIOKafkaConnection)  # and back again afterwards
    aiokafka_on_uvloop.patch_transport()

    async def _kind() -> type[Any]:
        async with connected(lambda host, port: _Opened(host, port)) as (opened, _):
            return type(opened.connection)

    assert uvloop.run(_kind()) is aiokafka_on_uvloop.Connection


class _Opened:
    """As aiokafka's client opens one."""

    def __init__(self, host: str, port: int) -> None:
        self.where = host, port

    async def connect(self) -> None:
        self.connection = await aiokafka.conn.create_conn(*self.where)
