"""A path refuses the methods that it does not have with 405, and says in `Allow` all those that it has."""

from collections import defaultdict

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from shared.serving.service import Service

from tests.contract.services import PACKAGES, create_app

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
A_PART = "x-1"
"""In the place of each parameter of a path."""


def _open(package: str) -> FastAPI:
    """A client of its own app, as it answers once its database is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAWASUL_RATE_LIMITS", "off")
        app: FastAPI = create_app.__wrapped__(package)
    service: Service = app.state.service
    service.is_started = True
    return app


def _paths(app: FastAPI) -> dict[str, set[str]]:
    """Every path, with the methods of all routes that have the same; a route with a parameter may have more."""
    paths: dict[str, set[str]] = defaultdict(set)
    for route in iter_route_contexts(app.routes):
        if route.path_format and route.methods:
            path = route.path_format.format_map(defaultdict(lambda: A_PART))
            paths[path] |= route.methods
    return paths


@pytest.mark.parametrize("package", PACKAGES.values())
async def test_a_path_names_every_method_that_it_has(package: str) -> None:
    app = _open(package)
    paths, wrong, refused = _paths(app), [], 0
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://tawasul.test") as client:
        for path, methods in paths.items():
            answers = {each: await client.request(each, path) for each in METHODS if each not in methods}
            for method, answer in answers.items():
                if answer.status_code != 405:
                    continue  # another route has it, as one with a parameter
                refused += 1
                allowed = set(answer.headers["allow"].split(", "))
                if not methods <= allowed or method in allowed:
                    wrong.append((method, path, sorted(allowed), sorted(methods)))
    assert wrong == []
    assert refused > len(paths)


async def test_what_is_refused_for_its_method_says_so_in_both_languages() -> None:
    transport = httpx2.ASGITransport(app=_open("notifier"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tawasul.test") as client:
        refused = await client.patch("/api/notifier/v1/webhooks/x-1")
    assert (refused.status_code, refused.headers["allow"]) == (405, "DELETE, GET, PUT")
    assert refused.json()["type"] == "urn:tawasul:problem:method-not-allowed"
    assert all("DELETE, GET, PUT" in refused.json()[text] for text in ("detail", "detail_ar"))
