"""The command of operations against one service of a test, signed in at the development provider."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from tawasul.cli import app as tawasul
from tawasul.sign_in import Bearers
from tawasul.stack.identity import Identity
from tawasul.stack.paths import COUNTRY
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running
from typer.testing import CliRunner, Result

from tests.support.eventually import eventually


@pytest_asyncio.fixture(loop_scope="session")
async def identity(tmp_path: Path) -> AsyncIterator[int]:
    """The development provider's port."""
    port = free_port()
    running = Running(Identity(Port("identity", port), COUNTRY / "officials.yaml"), tmp_path / "identity.log")
    await running.start()
    yield port
    await running.stop()


async def bearing(identity: int, subject: str) -> dict[str, str]:
    """The headers of somebody whom the provider knows."""
    return dict(await Bearers(f"http://127.0.0.1:{identity}").headers(subject))


async def command(*arguments: str) -> Result:
    """In a thread, as it has a loop of its own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(tawasul, ["dead-letters", *arguments]))


@contextlib.asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[int]:
    """The service on a port of its own, ready."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    serving_task = asyncio.create_task(server.serve([door]))
    try:
        await eventually(lambda: not app.state.service.why_not_ready())
        port: int = door.getsockname()[1]
        yield port
    finally:
        server.should_exit = True
        await serving_task
        door.close()
