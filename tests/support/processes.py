"""Services as real processes, with everything they say on their output."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.intake import CONTACT_KEY, TRACKING_KEYS


def environment(
    service: str, infrastructure: Infrastructure, prefix: str, database: str, issuer: str, smtp_port: int
) -> dict[str, str]:
    return {
        "TAWASUL_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
        "TAWASUL_MONGO_URI": infrastructure.mongo_uri,
        "TAWASUL_MONGO_DATABASE": f"{database}_{service}",
        "TAWASUL_TOPIC_PREFIX": prefix,
        "TAWASUL_KAFKA_PARTITIONS": "3",
        "TAWASUL_OIDC_ISSUER": issuer,
        "TAWASUL_CONTACT_KEYS": CONTACT_KEY,
        "TAWASUL_TRACKING_KEYS": TRACKING_KEYS,
        "TAWASUL_SMTP_PORT": str(smtp_port),
        "TAWASUL_RETRY_FIRST_SECONDS": "0.05",
    }


@dataclass
class ServiceProcess:
    name: str
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    lines: list[str] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _reader: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        """Standard error is read with standard output: what is no log must not hide there."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self.name.replace("-", "_")),
            env=os.environ | self.environment | {"TAWASUL_PORT": str(self.port)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    async def ready(self, patience: float = 60) -> None:
        async with httpx2.AsyncClient(base_url=self.url) as client:

            async def _is_ready() -> bool:
                try:
                    return bool((await client.get("/readyz")).is_success)
                except httpx2.TransportError:
                    return False

            await eventually(_is_ready, patience)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, patience: float = 30.0) -> int:
        """Its exit code, with all its lines read."""
        code = await asyncio.wait_for(self.process.wait(), patience)
        assert self._reader is not None
        await self._reader
        return code

    async def kill(self) -> None:
        """If it runs; waits for its end."""
        if self._process is not None and self.process.returncode is None:
            self.process.kill()
            await self.ended()

    def log(self) -> list[dict[str, Any]]:
        """Each line as JSON; raises on a line that is none."""
        return [json.loads(line) for line in self.lines]


@contextlib.asynccontextmanager
async def processes(*started: ServiceProcess) -> AsyncIterator[None]:
    """Started and ready; killed at the end if they still run."""
    try:
        for each in started:
            await each.start()
        await asyncio.gather(*(each.ready() for each in started))
        yield
    finally:
        for each in started:
            await each.kill()
