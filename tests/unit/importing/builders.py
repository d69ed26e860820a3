"""Tiny files and mappings, an intake that answers as told, and a whole import against it."""

import asyncio
import contextlib
import gzip
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from tawasul.importing.bearer import Bearer
from tawasul.importing.conversion import Conversion
from tawasul.importing.mapping import ImportMapping, load_mapping
from tawasul.importing.opening import Order, opened
from tawasul.importing.pace import AtOnce
from tawasul.importing.rows import CsvFile, Row
from tawasul.importing.run import Run

from tests.support.eventually import PATIENCE_SECONDS

HEADER = "id,words"


def a_csv(folder: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8", name: str = "requests.csv") -> Path:
    path = folder / name
    content = "".join(f"{line}\n" for line in (header, *lines)).encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def numbered(count: int) -> list[str]:
    return [f"{number},the lamp {number} is out" for number in range(1, count + 1)]


def mapping_document(**changed: Any) -> dict[str, Any]:
    known = {"id": "lamps", "key": ["id"], "kind": "complaint", "text": "{words}", "language": "en"}
    return {name: value for name, value in (known | changed).items() if value is not None}


def a_mapping(folder: Path, **changed: Any) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(yaml.safe_dump(mapping_document(**changed), allow_unicode=True), encoding="utf-8")
    return path


def mapping_of(folder: Path, **changed: Any) -> ImportMapping:
    return load_mapping(a_mapping(folder, **changed))


def rows_of(path: Path, folder: Path, **changed: Any) -> list[Row]:
    mapping = mapping_of(folder, **changed)
    with contextlib.closing(CsvFile(path, mapping.file, mapping.columns())) as file:
        return list(file.rows())


def submission_of(folder: Path, values: Mapping[str, str], **changed: Any) -> dict[str, Any]:
    """The body filed for a row with these values."""
    row = Row(1, 2, list(values.values()))
    body = Conversion(mapping_of(folder, **changed), list(values)).request(row).body
    document: dict[str, Any] = json.loads(body)
    return document


Answer = Callable[[web.Request], web.StreamResponse]


def status(code: int, body: Any = None, **headers: str) -> Answer:
    return lambda _: web.json_response(body or {}, status=code, headers=headers)


def problem(code: int, type_: str, detail: str, errors: Sequence[Mapping[str, str]] = ()) -> Answer:
    return status(code, {"type": f"urn:tawasul:problem:{type_}", "detail": detail, "errors": list(errors)})


def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


class FakeIntake:
    """Files by Idempotency-Key as intake does. `script` holds answers to give first, one for each request."""

    def __init__(self) -> None:
        self.filed: dict[str, bytes] = {}
        self.requests = 0
        self.tokens: set[str] = set()
        self.script: deque[Answer] = deque()
        self.before_answer: Callable[[], None] = lambda: None
        self.refuses: Callable[[dict[str, Any]], Answer | None] = lambda body: None
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        self._received: dict[str, datetime] = {}
        self.url = ""

    def later(self) -> None:
        self.now += timedelta(hours=1)

    @property
    def texts(self) -> list[str]:
        return sorted(json.loads(body)["text"] for body in self.filed.values())

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeIntake"]:
        app = web.Application()
        app.router.add_get("/api/intake/v1/openapi.json", self._describe)
        app.router.add_post("/api/intake/v1/submissions", self._file)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _describe(self, request: web.Request) -> web.Response:
        return web.json_response({}, headers={"Date": format_datetime(self.now, usegmt=True)})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        self.requests += 1
        self.before_answer()
        if self.script:
            return self.script.popleft()(request)
        self.tokens.add(request.headers["Authorization"].removeprefix("Bearer "))
        refusal = self.refuses(json.loads(content))
        if refusal:
            return refusal(request)
        key = request.headers["Idempotency-Key"]
        if self.filed.setdefault(key, content) != content:
            return problem(409, "idempotency-key-reused", "used before")(request)
        received = self._received.setdefault(key, self.now)
        return web.json_response({"id": key, "received_at": received.isoformat()}, status=201)


def a_bearer(*tokens: str) -> Bearer:
    given = deque(tokens or ["good"])

    async def _fetch() -> str:
        return given.popleft() if len(given) > 1 else given[0]

    return Bearer(_fetch, "have another one")


def an_order(intake: FakeIntake, file: Path, mapping: Path, **changed: Any) -> Order:
    known: dict[str, Any] = {
        "file": file,
        "mapping": mapping,
        "url": intake.url,
        "bearer": a_bearer(),
        "pace": AtOnce(),
        "state": file.parent / "state",
        "in_flight": 8,
    }
    return Order(**known | changed)


async def imported(order: Order, watch: Callable[[Run], None] = lambda run: None) -> Run:
    """The run, after it has ended; `watch` sees it before it begins."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with opened(order) as run:
            watch(run)
            await run.run()
    return run
