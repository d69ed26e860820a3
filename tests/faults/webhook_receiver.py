"""A receiver of webhooks that keeps a ledger: one line of JSON for each, whether it took it or not.

`python -m tests.faults.webhook_receiver LEDGER PORT`. It refuses now and then, and now and then takes one and hangs up
before it says so, as receivers do.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web
from tawasul.stack.ports import Port, listens

REFUSES_EVERY, HANGS_UP_EVERY = 23, 31


@dataclass(frozen=True)
class Hook:
    """One webhook as it came. `path` tells the endpoint; `was_taken`: it stands in the books of its receiver."""

    path: str
    id: str
    timestamp: str
    signature: str
    body: str
    was_taken: bool


@dataclass(frozen=True)
class Registered:
    """An endpoint of the load, which serves one entity."""

    id: str
    path: str
    entity: str
    secret: str
    at: datetime


def read_hooks(ledger: Path) -> list[Hook]:
    """In order of arrival."""
    if not ledger.exists():
        return []
    return [Hook(**json.loads(line)) for line in ledger.read_text().splitlines()]


class Books:
    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._number = 0

    async def take(self, request: web.Request) -> web.Response:
        self._number += 1
        is_refused = self._number % REFUSES_EVERY == 0
        line = {
            "path": request.path,
            "id": request.headers["webhook-id"],
            "timestamp": request.headers["webhook-timestamp"],
            "signature": request.headers["webhook-signature"],
            "body": await request.text(),
            "was_taken": not is_refused,
        }
        os.write(self._file, f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        if self._number % HANGS_UP_EVERY == 0 and request.transport is not None:
            request.transport.abort()
        return web.Response(status=503 if is_refused else 204)


class WebhookReceiver:
    """The receiver as a component of the stack."""

    name = "webhooks"
    needs: tuple[str, ...] = ()
    patience = 30.0
    advice = "see its log"

    def __init__(self, port: int, ledger: Path) -> None:
        self.ports = (Port("webhooks", port),)
        self.ledger = ledger
        self.url = f"http://127.0.0.1:{port}"

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.faults.webhook_receiver", str(self.ledger), str(self.ports[0].number)]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        return await listens(self.ports[0].number)


async def serve(ledger: Path, port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app = web.Application()
    app.router.add_post("/{endpoint}", Books(ledger).take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
