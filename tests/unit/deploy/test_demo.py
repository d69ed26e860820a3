"""The demonstration, before a government of one small program: what a whole way is, and what is said otherwise."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tawasul.demo import report
from tawasul.demo.country import Country
from tawasul.demo.run import demonstrate
from tawasul.stack.identity import Identity
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running
from tawasul.stack.settings import StackSettings

COUNTRY = {
    "entities": "- {id: central-office, email: c@central.example}\n- {id: works, email: w@works.example}\n",
    "officials": """
- {id: clerk, name: {ar: أ, en: A}, entity: central-office, role: central, email: clerk@central.example}
- {id: officer.works, name: {ar: ب, en: B}, entity: works, role: officer, email: officer@works.example}
""",
    "categories": "[]",
    "areas": "[]",
    "rules": "[]",
    "calendars": "- {id: government, holidays: [2026-01-01]}\n",
    "policies": "[]",
    "samples": """
- {kind: complaint, language: en, text: A pothole, channel: web, contact: {email: a@b.example}, expect: works,
   answer: {reason_code: resolved, text: It was filled., rated: 4}}
- {kind: enquiry, language: ar, text: سؤال, channel: phone, expect: works}
- {kind: complaint, language: en, text: Something unclear, channel: app, expect: central-office}
""",
}


PATIENCE_SECONDS = 3
"""What went wrong is waited for so long; what goes right must be through by then on a busy machine too."""


class Government:
    """All services in one: places potholes and questions at `works`, the rest in triage, and writes mails."""

    def __init__(
        self, settings: StackSettings, mute: bool = False, wrong: bool = False, refuses_answers: bool = False
    ) -> None:
        self._door, self._mail = settings.door_url, settings.mail
        self._mute = mute
        self._works = "drains" if wrong else "works"
        self._refuses_answers = refuses_answers
        self.rated: dict[str, int] = {}
        self.submissions: dict[str, dict[str, Any]] = {}
        self.loaded: list[str] = []
        self.confirmed: list[str] = []
        self._mail.mkdir(parents=True, exist_ok=True)

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/intake/v1/submissions", self.file, methods=["POST"]),
                Route("/api/intake/v1/submissions/{reference}", self.read),
                Route("/api/intake/v1/submissions/{reference}/rating", self.rate, methods=["POST"]),
                Route("/track/{reference}/confirm/{code}", self.confirm, methods=["GET", "POST"]),
                Route("/api/router/v1/assignments", self.assignments),
                Route("/api/router/v1/assignments/{id}/triage", self.triage, methods=["POST"]),
                Route("/api/router/v1/assignments/{id}/answer", self.answer, methods=["POST"]),
                Route("/api/router/v1/directory", self.load, methods=["PUT"]),
                Route("/api/sla-monitor/v1/calendars-and-policies", self.load, methods=["PUT"]),
            ]
        )

    async def load(self, request: Request) -> Response:
        assert request.headers["authorization"].startswith("Bearer ")
        self.loaded += await request.json()
        return JSONResponse({})

    async def file(self, request: Request) -> Response:
        sent = await request.json()
        assert "expect" not in sent
        if sent["channel"] == "phone":
            assert "authorization" in request.headers
        reference = f"AAAAA-0000{len(self.submissions)}"
        self.submissions[reference] = {"sent": sent, "entity": None}
        if sent["text"] != "Something unclear":
            self.place(reference, self._works)
        return JSONResponse({"reference": reference, "secret": "s", "id": reference}, 201)

    def place(self, reference: str, entity: str) -> None:
        submission = self.submissions[reference]
        submission["entity"] = entity
        contact = submission["sent"].get("contact", {}).get("email")
        for to in (contact, {"works": "w@works.example", "central-office": "clerk@central.example"}.get(entity)):
            if to is not None and not self._mute:
                link = f"{self._door}/track/{reference}/confirm/c0de" if to == contact else "hello"
                mail = f"X-Envelope-To: {to}\r\nSubject: about {reference}\r\n\r\n{link}\r\n"
                (self._mail / f"{time.time_ns()}-0.eml").write_text(mail)

    async def confirm(self, request: Request) -> Response:
        """Opening the page is not enough."""
        assert request.path_params["code"] == "c0de"
        if request.method == "GET":
            return Response()
        assert request.headers["origin"] == self._door
        assert (await request.form())["choice"] == "mine"
        self.confirmed.append(request.path_params["reference"])
        return Response(status_code=303, headers={"Location": "/track"})

    async def read(self, request: Request) -> Response:
        assert request.headers["tawasul-secret"] == "s"
        submission = self.submissions[request.path_params["reference"]]
        is_answered = "answer" in submission
        due_at = "2026-01-04T08:00:00Z" if submission["entity"] and not is_answered else None
        status = "answered" if is_answered else "in_progress"
        return JSONResponse({"entity": submission["entity"], "due_at": due_at, "status": status})

    async def answer(self, request: Request) -> Response:
        assert {"authorization", "idempotency-key"} <= set(request.headers)
        if self._refuses_answers:
            return JSONResponse({"title": "Not yours"}, 403)
        self.submissions[request.path_params["id"]]["answer"] = await request.json()
        return JSONResponse({})

    async def rate(self, request: Request) -> Response:
        assert request.headers["tawasul-secret"] == "s"
        self.rated[request.path_params["reference"]] = (await request.json())["score"]
        return JSONResponse({})

    async def assignments(self, request: Request) -> Response:
        in_triage = request.query_params.get("state") == "in_triage"
        items = [
            {"id": name, "reference": name, "decided_by": "rule", "reason": "words"}
            for name, submission in self.submissions.items()
            if "answer" not in submission and (not in_triage or submission["entity"] is None)
        ]
        return JSONResponse({"items": items, "next_cursor": None})

    async def triage(self, request: Request) -> Response:
        self.place(request.path_params["id"], (await request.json())["entity"])
        return JSONResponse({})


@pytest.fixture
def country(tmp_path: Path) -> Country:
    folder = tmp_path / "country"
    folder.mkdir()
    for name, content in COUNTRY.items():
        (folder / f"{name}.yaml").write_text(content)
    return Country(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def settings(tmp_path: Path, country: Country) -> AsyncIterator[StackSettings]:
    settings = StackSettings(state=tmp_path, port_door=free_port(), port_identity=free_port())
    identity = Identity(Port("identity", settings.port_identity), tmp_path / "country" / "officials.yaml")
    provider = Running(identity, tmp_path / "identity.log")
    await provider.start()
    yield settings
    await provider.stop()


async def a_demonstration(
    settings: StackSettings, country: Country, government: Government, patience: float = 20
) -> str:
    """The printed text."""
    server = uvicorn.Server(uvicorn.Config(government.application(), port=settings.port_door, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    console = Console(file=io.StringIO(), width=400)
    try:
        outcome = await demonstrate(settings, console, country, patience)
    finally:
        server.should_exit = True
        await serving
    report.show_table(console, outcome)
    report.show_sums(console, outcome)
    printed = console.file
    assert isinstance(printed, io.StringIO)
    return printed.getvalue()


async def test_every_sample_goes_its_whole_way(settings: StackSettings, country: Country) -> None:
    government = Government(settings)
    told = await a_demonstration(settings, country, government)
    assert "3 of 3 sample submissions made their whole way" in told
    assert told.count("rule · words") == 3, "also of what has been answered, which is on no list of open ones"
    assert len(government.confirmed) == 1, "the one with an address opened the link of the mail and pressed the button"
    assert {"entities", "rules", "calendars", "policies"} <= set(government.loaded)
    [answered] = [each for each in government.submissions if "answer" in government.submissions[each]]
    assert government.submissions[answered]["answer"] == {"reason_code": "resolved", "text": "It was filled."}
    assert government.rated == {answered: 4}
    assert "answer" not in government.submissions[answered]["sent"]


async def test_an_entity_without_officials_does_not_end_the_demonstration(
    settings: StackSettings, country: Country, tmp_path: Path
) -> None:
    officials = tmp_path / "country" / "officials.yaml"
    [clerk] = [line for line in officials.read_text().splitlines() if "clerk" in line]
    officials.write_text(clerk + "\n")
    told = await a_demonstration(settings, country, Government(settings))
    assert "2 of 3 sample submissions made their whole way" in told
    assert "not answered: works has no official who may" in told


async def test_what_could_not_be_answered_is_named(settings: StackSettings, country: Country) -> None:
    told = await a_demonstration(settings, country, Government(settings, refuses_answers=True))
    assert "2 of 3 sample submissions made their whole way" in told
    assert "(complaint for works): not answered: 403" in told


async def test_who_was_not_told_is_named(settings: StackSettings, country: Country) -> None:
    told = await a_demonstration(settings, country, Government(settings, mute=True), patience=0.5)
    assert "0 of 3 sample submissions made their whole way" in told
    stopped = (
        *("citizen told by mail", "address confirmed by the link in it", "official told by mail"),
        *("answered by an official", "answer rated by its author"),
    )
    assert f"(complaint for works): not {' and not '.join(stopped)}" in told


async def test_a_submission_at_the_wrong_entity_did_not_arrive(settings: StackSettings, country: Country) -> None:
    told = await a_demonstration(settings, country, Government(settings, wrong=True), patience=PATIENCE_SECONDS)
    assert "1 of 3 sample submissions made their whole way" in told
    assert "it went to drains and should be with works" in told
