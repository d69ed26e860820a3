"""How requests are counted: by the route's pattern, and never by what somebody made up."""

from prometheus_client import REGISTRY
from shared.observability import Observed
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
