"""`tawasul erasures` against a running intake: erase one, list, and erase again what a restore brought back."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from intake.app import create_app
from tawasul.cli import app as tawasul
from tawasul.stack.identity import Identity
from tawasul.stack.paths import COUNTRY
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running
from typer.testing import CliRunner, Result

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import a_filing, intake_settings

WORD = "gatekeeper"


@pytest_asyncio.fixture(loop_scope="session")
async def identity(tmp_path: Path) -> AsyncIterator[int]:
    """The development provider's port."""
    port = free_port()
    running = Running(Identity(Port("identity", port), COUNTRY / "officials.yaml"), tmp_path / "identity.log")
    await running.start()
    yield port
    await running.stop()


@contextlib.asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[int]:
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    serving = asyncio.create_task(server.serve([door]))
    try:
        await eventually(lambda: not app.state.service.why_not_ready())
        yield int(door.getsockname()[1])
    finally:
        server.should_exit = True
        await serving
        door.close()


async def command(*arguments: str, typed: str | None = None) -> Result:
    """In a thread, as it has a loop of its own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(tawasul, ["erasures", *arguments], input=typed))


async def test_one_is_erased_listed_and_erased_again_after_a_restore(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = f"http://127.0.0.1:{identity}"
    app = create_app(intake_settings(infrastructure, mongo_database.name, topic_prefix, issuer))
    async with listening(app) as port:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_INTAKE", str(port))
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            filed = await client.post("/api/intake/v1/submissions", json=a_filing(text=f"Ask the {WORD}."))
        receipt: dict[str, Any] = filed.json()
        backup = await mongo_database["submissions"].find_one({"_id": receipt["id"]})
        assert backup is not None
        assert (await command("list")).output == ""

        erased = await command("erase", receipt["reference"], "--reason", "asked")
        assert erased.exit_code == 0, erased.output
        listed = await command("list", "--since", "2020-01-01")
        assert listed.output.split()[0] == receipt["id"]

        await mongo_database["submissions"].replace_one({"_id": receipt["id"]}, backup)
        again = await command("again", "-", typed=listed.output)
        assert again.exit_code == 0, again.output
        restored = await mongo_database["submissions"].find_one({"_id": receipt["id"]})
        assert WORD not in str((restored or {})["state"])

        unknown = await command("erase", "00000-00000", "--reason", "asked")
        assert unknown.exit_code == 2
        assert "404" in unknown.output
