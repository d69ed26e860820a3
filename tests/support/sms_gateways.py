"""SMS gateways on loopback: HTTP servers that take messages, fail as they are told, and call back with receipts."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually

SECRETS = {"primary": "s-1", "primary.receipts": "r-1", "second": "s-2", "second.receipts": "r-2"}

Verdict = Callable[["Sent"], Awaitable[Response]]


@dataclass
class Sent:
    """One message as it came, before anything was decided about it."""

    fields: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class SmsGateway:
    """Each entry of `verdicts` decides about one message; without any it is taken."""

    name: str
    port: int = field(default_factory=free_port)
    taken: list[Sent] = field(default_factory=list)
    refused: list[Sent] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _running: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def to(self, number: str) -> list[Sent]:
        return [sent for sent in self.taken if number in sent.fields.values()]

    async def open(self) -> None:
        app = Starlette(routes=[Route("/messages", self._take, methods=["POST", "GET", "PUT"])])
        config = uvicorn.Config(app, port=self.port, log_config=None, timeout_graceful_shutdown=1)
        self._server = server = uvicorn.Server(config)
        self._running = asyncio.create_task(server._serve())
        await eventually(lambda: server.started)

    async def close(self) -> None:
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            await self._running
            self._server = None

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        kind = request.headers.get("content-type", "")
        if kind == "application/json":
            fields = json.loads(body)
        else:
            fields = dict(parse_qsl(body.decode())) if body else dict(request.query_params)
        sent = Sent(fields, dict(request.headers), body)
        answer = await self.verdicts.pop(0)(sent) if self.verdicts else JSONResponse({"price": {"amount": "0.02"}}, 202)
        (self.taken if answer.status_code < 300 else self.refused).append(sent)
        return answer


def saying(status: int, **content: Any) -> Verdict:
    async def _say(sent: Sent) -> Response:
        return JSONResponse(content, status)

    return _say


@contextlib.asynccontextmanager
async def two_gateways() -> AsyncIterator[tuple[SmsGateway, SmsGateway]]:
    primary, second = SmsGateway("primary"), SmsGateway("second")
    for gateway in (primary, second):
        await gateway.open()
    try:
        yield primary, second
    finally:
        for gateway in (primary, second):
            await gateway.close()


async def call_back(client: httpx2.AsyncClient, gateway: str, *receipts: tuple[str, str], **changed: Any) -> int:
    """Receipts (id and status) as the gateways of `sms.example.yaml` send them; the status of the answer."""
    url = f"/api/notifier/v1/sms/{gateway}/receipts"
    if gateway == "primary":
        body = json.dumps([{"reference": id, "status": status} for id, status in receipts]).encode()
        mark = hmac.digest(SECRETS["primary.receipts"].encode(), body, hashlib.sha256).hex()
        headers = {"X-Signature": f"sha256={mark}"} | changed.get("headers", {})
        return (await client.post(url, content=changed.get("body", body), headers=headers)).status_code
    ((id, status),) = receipts
    headers = {"Authorization": f"Bearer {SECRETS['second.receipts']}"} | changed.get("headers", {})
    return (await client.post(url, data={"ref": id, "dlr": status}, headers=headers)).status_code
