"""A receiver of webhooks on loopback: an HTTP server that fails as it is told; verified by the published library."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually


@dataclass
class Received:
    """One webhook as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified_by(self, secret: str) -> dict[str, Any]:
        """Read its content. Raises WebhookVerificationError."""
        said: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return said


Verdict = Callable[[Received], Awaitable[Response]]


@dataclass
class Receiver:
    """Each entry of `verdicts` decides about one webhook; without any it is taken."""

    port: int = field(default_factory=free_port)
    taken: list[Received] = field(default_factory=list)
    refused: list[Received] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _running: asyncio.Task[None] | None = None

    def url(self, path: str = "/hooks") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def _take(self, request: Request) -> Response:
        received = Received(request.url.path, dict(request.headers), await request.body())
        answer = await self.verdicts.pop(0)(received) if self.verdicts else Response(status_code=204)
        (self.taken if answer.status_code < 300 else self.refused).append(received)
        return answer

    async def open(self) -> None:
        app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])
        config = uvicorn.Config(app, port=self.port, log_config=None, timeout_graceful_shutdown=1)
        self._server = server = uvicorn.Server(config)
        self._running = asyncio.create_task(server._serve())
        await eventually(lambda: server.started)

    async def close(self) -> None:
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            await self._running


def answering(status: int, **headers: str) -> Verdict:
    async def _answer(received: Received) -> Response:
        return Response(status_code=status, headers=headers)

    return _answer


async def at_length(received: Received) -> Response:
    """Far more than anybody reads."""
    return Response(b"x" * 400_000)


@contextlib.asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()
