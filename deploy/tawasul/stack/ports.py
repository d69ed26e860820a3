"""The ports of the local stack: what they are called, whether somebody listens, who sits on a busy one."""

import asyncio
import contextlib
import random
import socket
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Port:
    name: str
    number: int

    @property
    def variable(self) -> str:
        """The environment variable that moves it."""
        return f"TAWASUL_PORT_{self.name.upper().replace('-', '_')}"


def free_port() -> int:
    """Below the system's own choice for outgoing connections, so that it is still free when a server comes back."""
    while True:
        number = random.randrange(18_000, 32_000)
        if not is_busy(number):
            return number


def is_busy(number: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return True
    return False


def listener(number: int) -> str | None:
    """Name and id of the process that listens there, if the system tells us."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="inet"):
            if connection.laddr and connection.laddr.port == number and connection.status == psutil.CONN_LISTEN:
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}" if connection.pid else None
    return None


async def listens(number: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", number)
    except OSError:
        return False
    writer.close()
    return True
