"""The way in: every request goes to one of the service's replicas, and with the same key to another until answered."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import aiohttp
import orjson

from tests.faults.ledger import Document, Fate, LedgerEntry

ATTEMPT_SECONDS = 4.0
UPLOAD_SECONDS = 10.0
"""Files are waited for longer: whoever gives up early sends them again, and a busy machine becomes busier."""
COUNTRY_SECONDS = 60.0
"""Nothing is broken yet when it is loaded, and it is large."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.5


Body = Document | Sequence[bytes]
"""JSON, or the files of a form."""


class Unanswered(Exception):
    """No answer, or one that says nothing about what was asked."""


class Front:
    """`addresses` of the replicas by service. Give up at `close_at` (monotonic), which may be set later."""

    def __init__(self, addresses: Mapping[str, list[str]], chance: Random) -> None:
        self.close_at = float("inf")
        self._addresses = addresses
        self._chance = chance
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        await self._http.close()

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.close_at

    async def read(self, service: str, path: str, headers: Mapping[str, str]) -> Document | None:
        """The resource; None where there is none, or no answer now."""
        try:
            status, body = await self._ask("GET", self._any(service) + path, None, headers)
        except Unanswered:
            return None
        return body if status == 200 else None

    async def put(self, service: str, path: str, document: Document, headers: Mapping[str, str]) -> None:
        status, body = await self._ask("PUT", self._any(service) + path, document, headers, COUNTRY_SECONDS)
        if status != 200:
            raise RuntimeError(f"{path} was refused: {status} {body}")

    async def post(self, service: str, path: str, document: Document, headers: Mapping[str, str]) -> Document:
        """Once, while nothing is broken."""
        status, body = await self._ask("POST", self._any(service) + path, document, headers, COUNTRY_SECONDS)
        if status != 201:
            raise RuntimeError(f"{path} was refused: {status} {body}")
        return body

    async def carry(self, asked: LedgerEntry, path: str, body: Body, headers: Mapping[str, str], twice: bool) -> None:
        """Ask until it is answered, and note the answer; `twice` asks from two sides at the same time."""
        await asyncio.gather(*(self._carry(asked, path, body, headers) for _ in range(2 if twice else 1)))

    async def _carry(self, asked: LedgerEntry, path: str, body: Body, headers: Mapping[str, str]) -> None:
        service = asked.action.partition("/")[0]
        headers = {**headers, "Idempotency-Key": asked.key}
        address = self._any(service)
        pause = FIRST_PAUSE_SECONDS
        while self.is_open:
            asked.attempts += 1
            try:
                status, answer = await self._ask("POST", address + path, body, headers)
            except Unanswered:
                asked.unanswered += 1
            else:
                asked.statuses.append(status)
                if 200 <= status < 300:
                    _note(asked, answer)
                    return
                if status < 500 and "changed-meanwhile" not in str(answer.get("type")):
                    if asked.fate is Fate.UNRESOLVED:
                        asked.fate, asked.answer = Fate.REFUSED, answer
                    return
                asked.unanswered += status >= 500
            address = self._other(service, address)
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _ask(
        self, method: str, url: str, body: Body | None, headers: Mapping[str, str], seconds: float | None = None
    ) -> tuple[int, Document]:
        data, kind = _sent(body)
        patience = aiohttp.ClientTimeout(total=seconds or _patience(body))
        try:
            async with self._http.request(
                method, url, data=data, headers={**headers, **kind}, timeout=patience
            ) as answer:
                content = await answer.read()
                return answer.status, _document(content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered from error

    def _any(self, service: str) -> str:
        return self._chance.choice(self._addresses[service])

    def _other(self, service: str, address: str) -> str:
        """Where there is one alone, that again."""
        return next((other for other in self._addresses[service] if other != address), address)


def _patience(body: Body | None) -> float:
    return ATTEMPT_SECONDS if body is None or isinstance(body, dict) else UPLOAD_SECONDS


def _sent(body: Body | None) -> tuple[Any, Mapping[str, str]]:
    if body is None or isinstance(body, dict):
        return None if body is None else orjson.dumps(body, default=str), {"Content-Type": "application/json"}
    form = aiohttp.FormData()
    for number, content in enumerate(body):
        form.add_field("files", content, filename=f"{number}.png", content_type="image/png")
    return form, {}


def _document(content: bytes) -> Document:
    try:
        document: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _note(asked: LedgerEntry, answer: Document) -> None:
    if asked.fate is Fate.ACKNOWLEDGED:
        if asked.answer != answer:
            asked.other_answers.append(answer)
        return
    asked.fate, asked.answer = Fate.ACKNOWLEDGED, answer
