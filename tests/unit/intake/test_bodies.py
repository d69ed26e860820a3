"""Request bodies are limited in size and time, and give their allowance back afterwards."""

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from httpx2 import ASGITransport, AsyncClient
from intake.filing.api import DirectRoute
from intake.http import bodies
from intake.http.bodies import LARGEST, Allowance, BoundedRoute, UploadRoute
from shared.http import problems
from shared.http.problems import Problem

from tests.contract.services import create_app

READING = {"GET", "HEAD"}
COUNTED_BY_OPEN311 = "/open311/v2/"
"""It counts by itself, as its errors have a form of their own."""


def an_app(allowance: int = 1_000) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.state.upload_allowance = Allowance(allowance)
    small, large = APIRouter(route_class=BoundedRoute), APIRouter(route_class=UploadRoute)

    @small.post("/small")
    @large.post("/large")
    async def count(request: Request) -> int:
        return len(await request.body())

    app.include_router(small)
    app.include_router(large)
    return app


def test_every_route_of_intake_that_takes_a_body_counts_it() -> None:
    contexts = iter_route_contexts(create_app("intake").routes)
    found = [(str(each.path), each.original_route) for each in contexts if (each.methods or set()) - READING]
    assert len(found) > 20
    uncounted = {path for path, route in found if not isinstance(route, BoundedRoute | DirectRoute) and _reads(route)}
    assert {path for path in uncounted if not path.startswith(COUNTED_BY_OPEN311)} == set()


def _reads(route: Any) -> bool:
    """FastAPI reads a body only for an endpoint that declares one or takes the request itself."""
    takes_none = isinstance(route, APIRoute) and not (route.body_field or route.dependant.request_param_name)
    return not takes_none


async def posted(app: FastAPI, path: str, size: int) -> int:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://service") as client:
        return (await client.post(path, content=bytes(size))).status_code


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/small", LARGEST, 200), ("/small", LARGEST + 1, 413), ("/large", 1_000, 200), ("/large", 1_001, 503)],
)
async def test_a_body_has_an_end(path: str, size: int, status: int) -> None:
    assert await posted(an_app(), path, size) == status


async def test_what_one_request_held_is_there_for_the_next() -> None:
    app = an_app()
    assert [await posted(app, "/large", size) for size in (900, 1_001, 900, 900)] == [200, 503, 200, 200]


async def speak(app: FastAPI, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/large", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    return said


async def test_who_leaves_in_the_middle_gives_back_what_was_held() -> None:
    app = an_app()
    part = {"type": "http.request", "body": bytes(600), "more_body": True}
    await speak(app, part, {"type": "http.disconnect"})
    assert await posted(app, "/large", 1_000) == 200


async def test_who_sends_for_ever_is_not_waited_for() -> None:
    body = bodies._Body(_never, 10, {"type": "http", "headers": []}, None)
    body._ends = 0
    with pytest.raises(Problem) as refused:
        await body.receive()
    assert refused.value.code == "broken-form"


async def _never() -> Any:
    await asyncio.Event().wait()
