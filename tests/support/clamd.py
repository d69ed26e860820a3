"""A ClamAV daemon as far as INSTREAM goes, written by hand: what it was sent, and an answer."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

INFECTED = b"a-file-that-the-test-scanner-calls-infected"


@dataclass
class Clamd:
    address: str = ""
    scanned: list[bytes] = field(default_factory=list)


@contextlib.asynccontextmanager
async def clamd(reply: bytes | None = b"OK") -> AsyncIterator[Clamd]:
    """Answers as clamd does; with another `reply` that one, and with None it never does."""
    daemon = Clamd()
    ended = asyncio.Event()

    async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            content = b""
            while length := struct.unpack(">I", await reader.readexactly(4))[0]:
                content += await reader.readexactly(length)
            daemon.scanned.append(content)
            if reply is None:
                await ended.wait()
            elif reply == b"OK":
                verdict = b"Test.Signature FOUND" if INFECTED in content else b"OK"
                writer.write(b"stream: " + verdict + b"\0")
            else:
                writer.write(reply)
        writer.close()

    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    daemon.address = f"{host}:{port}"
    try:
        yield daemon
    finally:
        ended.set()
        server.close()
        await server.wait_closed()
