"""The door: what passes to whom, what never passes, and what is not written down."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import httpx2
import pytest
import pytest_asyncio
from shared.serving.server import KEPT_SECONDS
from tawasul.stack.door import CADDYFILE, Door, caddy
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running


@dataclass
class Upstream:
    """A service that answers with its name and remembers the request lines."""

    name: str
    port: int = field(default_factory=free_port)
    requests: list[str] = field(default_factory=list)
    forwarded: list[str] = field(default_factory=list)
    """`X-Forwarded-For` as it came."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests.append(head.split("\r\n")[0])
        self.forwarded += re.findall(r"(?im)^x-forwarded-for: (.*?)\r$", head)
        length = re.search(r"content-length: (\d+)", head.lower())
        try:
            await reader.readexactly(int(length.group(1)) if length else 0)
        except asyncio.IncompleteReadError:  # the door gave up on this one
            writer.close()
            return
        body = self.name.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()


@dataclass
class OpenDoor:
    http: httpx2.AsyncClient
    log: Path
    intake: Upstream


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OpenDoor]:
    """Intake, router and sla-monitor answer; nobody is there where notifier should be."""
    folder: Path = tmp_path_factory.mktemp("door")
    upstreams = {name: Upstream(name) for name in ("intake", "router", "sla-monitor")}
    servers = [await asyncio.start_server(each.answer, "127.0.0.1", each.port) for each in upstreams.values()]
    port, addresses = free_port(), {name: f"127.0.0.1:{each.port}" for name, each in upstreams.items()}
    running = Running(
        Door(Port("door", port), {**addresses, "notifier": f"127.0.0.1:{free_port()}"}, folder), folder / "door.log"
    )
    await running.start()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        yield OpenDoor(http, running.log, upstreams["intake"])
    await running.stop()
    for server in servers:
        server.close()


@pytest.mark.parametrize("command", ["validate --adapter caddyfile --config", "fmt"])
def test_the_caddyfile_is_valid_and_tidy(command: str) -> None:
    done = subprocess.run([caddy(), *command.split(), str(CADDYFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_door_lets_go_of_an_idle_connection_before_a_service_does() -> None:
    """Otherwise a request may meet the service's closing, and what was filed is answered with 502."""
    [kept] = re.findall(r"^\s*keepalive (\d+)s$", CADDYFILE.read_text(), re.MULTILINE)
    assert int(kept) < KEPT_SECONDS / 2


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "intake"),
        ("/submissions", "intake"),
        ("/privacy", "intake"),
        ("/track/some-secret", "intake"),
        ("/auth/sign-in", "intake"),
        ("/api/intake/v1/openapi.json", "intake"),
        ("/open311/v2/services.json", "intake"),
        ("/open-data", "intake"),
        ("/open-data/submissions.csv", "intake"),
        ("/desk", "router"),
        ("/api/router/v1/entities", "router"),
        ("/performance/works", "sla-monitor"),
        ("/working-hours", "sla-monitor"),
        ("/working-hours/change/publish", "sla-monitor"),
        ("/api/sla-monitor/v1/calendars", "sla-monitor"),
    ],
)
async def test_each_path_leads_to_the_service_that_owns_it(door: OpenDoor, path: str, service: str) -> None:
    assert (await door.http.get(path)).text == service


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/livez",
        "/readyz",
        "/internal/dead-letters",
        "/internal/reconciliation",
        "/api/intake/internal/dead-letters",
        "/api/intake/v1/../../../metrics",
        "/api/intake/v1/%2e%2e/%2e%2e/%2e%2e/metrics",
        "/api/intake/v1/..%2f..%2f..%2fmetrics",
        "//metrics",
        "/submissions/../internal/dead-letters",
        "/unheard-of",
    ],
)
async def test_internals_never_pass(door: OpenDoor, path: str) -> None:
    before = len(door.intake.requests)
    # Sent as written: a client that tidies paths would hide what is tested here.
    request = door.http.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await door.http.send(request)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title_ar"] == "غير موجود"
    assert len(door.intake.requests) == before


async def test_nobody_says_for_another_from_where_a_request_comes(door: OpenDoor) -> None:
    """Services count by this address (`shared.http.client_addresses`)."""
    await door.http.get("/", headers=[("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2, 192.0.2.3")])
    assert door.intake.forwarded[-1:] == ["127.0.0.1"]


async def test_a_service_that_is_down_is_told_as_a_problem_in_both_languages(door: OpenDoor) -> None:
    answer = await door.http.get("/inbox")
    assert answer.status_code in (502, 503)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert set(answer.json()) == {"type", "status", "title", "title_ar", "detail", "detail_ar"}
    assert answer.json()["status"] == answer.status_code


async def test_what_is_too_large_is_refused(door: OpenDoor) -> None:
    answer = await door.http.post("/api/intake/v1/submissions", content=b"x" * 1_200_000)
    assert answer.status_code == 413
    assert answer.json()["status"] == 413


async def test_open311_is_refused_in_its_own_form(door: OpenDoor) -> None:
    in_xml = await door.http.post("/open311/v2/requests.xml", content=b"x" * 1_200_000)
    assert (in_xml.status_code, in_xml.headers["content-type"]) == (413, "text/xml; charset=utf-8")
    error = ElementTree.fromstring(in_xml.content)[0]
    assert (error.findtext("code"), bool(error.findtext("description"))) == ("413", True)
    in_json = await door.http.post("/open311/v2/requests.json", content=b"x" * 1_200_000)
    assert [told["code"] for told in in_json.json()] == [413]


async def test_security_headers_are_set(door: OpenDoor) -> None:
    page, track = (await door.http.get("/")).headers, (await door.http.get("/track/a")).headers
    assert page["x-content-type-options"] == "nosniff"
    assert page["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page["content-security-policy"]
    assert "server" not in page
    assert track["referrer-policy"] == "no-referrer"
    assert track["cache-control"] == "no-store"


async def test_the_tracking_secret_is_never_written_down(door: OpenDoor) -> None:
    await door.http.get("/track/TW-1/hush-in-path?again=hush-in-query")
    await door.http.get("/auth/sign-in?next=%2Ftrack%2Fhush-encoded")
    await door.http.get("/inbox/unsubscribe/hush-in-mail?lang=ar")
    for path in ("/api/intake/v1/submissions/TW-1", "/inbox/down"):  # the second makes Caddy itself complain
        await door.http.get(
            path,
            headers={
                "Tawasul-Secret": "hush-in-header",
                "Authorization": "Bearer hush-token",
                "Cookie": "session=hush-cookie",
                "Referer": "http://localhost:8080/track/hush-referred",
            },
        )
    log = door.log.read_text()
    assert "/track/REDACTED" in log
    assert "/inbox/unsubscribe/REDACTED" in log
    assert "/inbox/down" in log
    assert "hush" not in log


@pytest.mark.parametrize(
    ("tiles", "images"),
    [("", "img-src 'self' data: blob:"), ("https://tiles.example", "img-src 'self' data: blob: https://tiles.example")],
)
async def test_images_come_from_here_and_from_the_tile_server_that_was_named(
    tiles: str, images: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAWASUL_TILE_ORIGIN", tiles)
    port, intake = free_port(), Upstream("intake")
    server = await asyncio.start_server(intake.answer, "127.0.0.1", intake.port)
    running = Running(Door(Port("door", port), {"intake": f"127.0.0.1:{intake.port}"}, tmp_path), tmp_path / "log")
    await running.start()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        policy = (await http.get("/")).headers["content-security-policy"]
    await running.stop()
    server.close()
    assert images in [part.strip() for part in policy.split(";")]
