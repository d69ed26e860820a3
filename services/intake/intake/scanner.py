"""Who looks for malware in a file before it is kept: nobody, or a ClamAV daemon over TCP (`INSTREAM`)."""

import asyncio
import logging
import struct
from typing import IO, Protocol

from intake.domain.refusals import ScannerAway

logger = logging.getLogger(__name__)

CHUNK = 128 * 1024
PATIENCE_SECONDS = 60.0
CONNECT_SECONDS = 5.0
LONGEST_REPLY = 4_096


class Scanner(Protocol):
    async def is_clean(self, file: IO[bytes]) -> bool:
        """Raises ScannerAway where nobody can say."""
        ...


class Unscanned:
    """Takes every file: scanning is off."""

    async def is_clean(self, file: IO[bytes]) -> bool:
        return True


class ClamAV:
    """One connection per file: clamd answers a stream and closes."""

    def __init__(self, address: str, patience: float = PATIENCE_SECONDS) -> None:
        """`address`: host:port."""
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._patience = patience

    async def is_clean(self, file: IO[bytes]) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                reply = await self._ask(file)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            logger.warning("scanner does not answer", extra={"error": type(error).__name__})
            raise ScannerAway from error
        if reply.endswith(" FOUND"):
            return False
        if reply.endswith(": OK"):
            return True
        # Above all "INSTREAM size limit exceeded": its StreamMaxLength must be larger than the largest file.
        logger.warning("scanner did not scan", extra={"reply": reply[:100]})
        raise ScannerAway

    async def _ask(self, file: IO[bytes]) -> str:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=LONGEST_REPLY)
        try:
            writer.write(b"zINSTREAM\0")
            file.seek(0)
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                writer.write(struct.pack(">I", len(chunk)) + chunk)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0")).rstrip(b"\0").decode(errors="replace").strip()
        finally:
            file.seek(0)
            writer.close()


def scanner_at(address: str) -> Scanner:
    """By setting: an empty address turns scanning off."""
    return ClamAV(address) if address else Unscanned()
