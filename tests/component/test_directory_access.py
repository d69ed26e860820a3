"""The directory is administrators' alone: every page and every endpoint of it is asked by everybody else."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from router.app import create_app
from shared.events.model import Role
from shared.http.csrf import FIELD

from tests.support.desk import A_PERSON, OWN_PAGE, a_session
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood
from tests.support.provider import Provider
from tests.support.router import a_country, router_settings
from tests.support.serving import serving

API, PAGES = "/api/router/v1/directory", "/desk/directory"
OTHERS = [role for role in Role if role is not Role.ADMINISTRATOR]
THERE = {"list": "entities", "name": "entities", "id": "works", "version": "1"}
"""What the addresses name is there, so that nothing but the role stands in the way."""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def app(infrastructure: Infrastructure, mongo_client: MongoClient, provider: Provider) -> AsyncIterator[FastAPI]:
    """The router with version 1 published. Nothing of it changes here, so one is enough for all."""
    name = f"test_{uuid4().hex[:12]}"
    async with neighbourhood(infrastructure.kafka_bootstrap) as neighbours:
        app = create_app(router_settings(infrastructure, name, neighbours.settings.topic_prefix, provider.issuer))
        async with serving(app) as client:
            app.state.client = client
            who = provider.authorization("administrator", "administrator", entity="central-office")
            assert (await client.put(API, json=a_country(), headers=who)).status_code == 200
            yield app
    await mongo_client.drop_database(name)


def operations(app: FastAPI, below: str) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        if route.path and route.path.startswith(below):
            path = re.sub(r"{(\w+)}", lambda named: THERE[named[1]], route.path)
            yield from ((method, path) for method in sorted(route.methods or ()) if method != "HEAD")


async def asked(app: FastAPI, below: str, **how: Any) -> AsyncIterator[tuple[str, str, httpx2.Response]]:
    """One request and its answer."""
    for method, path in operations(app, below):
        form = how if method == "POST" else {name: value for name, value in how.items() if name != "data"}
        yield method, path, await app.state.client.request(method, path, **form)


async def is_untouched(app: FastAPI, provider: Provider) -> bool:
    who = provider.authorization("administrator", "administrator", entity="central-office")
    draft = (await app.state.client.get(f"{API}/draft", headers=who)).json()
    return (draft["is_begun"], draft["latest"]) == (False, 1)


@pytest.mark.parametrize("role", OTHERS)
async def test_no_other_role_may_ask_an_endpoint_of_the_directory(app: FastAPI, provider: Provider, role: Role) -> None:
    who = provider.authorization("somebody", role, entity="works")
    async for method, path, answer in asked(app, API, headers=who):
        assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
    assert await is_untouched(app, provider)


@pytest.mark.parametrize("role", OTHERS)
async def test_no_other_role_is_shown_a_page_of_the_directory(app: FastAPI, provider: Provider, role: Role) -> None:
    session = a_session("somebody", role, "works")
    headers = A_PERSON | OWN_PAGE | {"Cookie": f"tawasul={app.state.session_keys.write(session)}"}
    async for method, path, answer in asked(app, PAGES, headers=headers, data={FIELD: session.form_token}):
        assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
        assert "Only administrators see and change the directory." in answer.text, f"{method} {path}"
    assert await is_untouched(app, provider)


async def test_who_has_not_signed_in_is_asked_to(app: FastAPI, provider: Provider) -> None:
    async for method, path, answer in asked(app, API):
        assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
    async for method, path, answer in asked(app, PAGES, headers=A_PERSON | OWN_PAGE, data={"why": "Mine."}):
        assert answer.status_code == (303 if method == "GET" else 401), f"{method} {path}: {answer.status_code}"
        assert "/auth/sign-in" in answer.headers.get("Location", "") or "Mine." in answer.text, f"{method} {path}"
    assert await is_untouched(app, provider)


def test_all_of_it_is_asked_here(app: FastAPI) -> None:
    """Were the routes looked up wrongly, the tests above would ask nothing."""
    asked_of_both = {operation for below in (API, PAGES) for operation in operations(app, below)}
    assert asked_of_both >= {
        ("PUT", API),
        ("POST", f"{API}/draft/publish"),
        ("POST", f"{API}/publications/1/take-back"),
        ("GET", f"{PAGES}/entities/works"),
        ("POST", f"{PAGES}/entities/works"),
        ("POST", f"{PAGES}/publish"),
    }
