"""How requests are counted: by the route's pattern, and never by what somebody made up."""

import httpx2
from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY
from shared.operations.observability import Observed
from starlette.types import Message, Receive, Scope, Send


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})


async def _nothing() -> Message:
    return {"type": "http.request"}


async def _ask(method: str, path: str) -> list[Message]:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await Observed(_answer)({"type": "http", "method": method, "path": path, "headers": []}, _nothing, keep)
    return sent


def _counted(method: str) -> float:
    labels = {"method": method, "route": "unmatched", "status": "418"}
    return REGISTRY.get_sample_value("tawasul_http_request_duration_seconds_count", labels) or 0.0


async def test_a_path_that_leads_nowhere_is_counted_without_its_words() -> None:
    before = _counted("GET")
    await _ask("GET", "/somebody's/secret")
    assert _counted("GET") == before + 1


async def test_a_method_that_somebody_made_up_makes_no_series() -> None:
    before = _counted("other")
    for method in ("BREW", "ZUBAYDAH"):
        await _ask(method, "/")
    assert _counted("other") == before + 2
    assert _counted("BREW") == 0


async def test_a_route_is_counted_with_the_prefix_it_was_included_under() -> None:
    """Else a page and an endpoint of the same name would be one."""
    router, app = APIRouter(), FastAPI()

    @router.get("/things/{id}")
    async def thing(id: str) -> str:
        return id

    app.include_router(router, prefix="/api/v1")
    app.add_middleware(Observed)
    labels = {"method": "GET", "route": "/api/v1/things/{id}", "status": "200"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://service") as client:
        assert (await client.get("/api/v1/things/7")).json() == "7"
    assert REGISTRY.get_sample_value("tawasul_http_request_duration_seconds_count", labels) == 1
