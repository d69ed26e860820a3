"""Whatever is sent to a service by whomever, it answers as its OpenAPI document says.

Not in these documents, and so looked at elsewhere: pages and feeds (HTML, RSS), GeoReport v2, which has a standard and
a validator of its own (test_open311.py), the open-data exports (test_open_data.py) and what never passes the door.
"""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from tests.support.country import Country
from tests.support.described import OpenApiReport, Place, ask_everything
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import neighbourhood
from tests.support.places import PLACES
from tests.support.provider import Provider
from tests.support.telling import tell

A_FEW, MANY = 3, 60


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=PLACES)
async def place(
    request: pytest.FixtureRequest,
    infrastructure: Infrastructure,
    mongo_client: MongoClient,
    kafka_bootstrap: str,
    provider: Provider,
) -> AsyncIterator[Place]:
    database = f"test_{uuid4().hex[:12]}"
    async with neighbourhood(kafka_bootstrap) as neighbours:
        async with PLACES[request.param](Country(infrastructure, database, neighbours, provider)) as running:
            yield running
        await mongo_client.drop_database(database)


async def asked(place: Place, examples: int) -> OpenApiReport:
    told = await asyncio.to_thread(ask_everything, place, examples)
    assert not told.faults, "\n\n".join(told.faults.values())
    return told


LEAST_SHARE = 0.9
ASKED: dict[str, OpenApiReport] = {}
"""By service, what came of asking it: all tests of a module run in one process."""


@pytest.mark.timeout(600)
async def test_every_answer_is_one_that_is_described(place: Place, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["place"]
    told = ASKED[name] = await asked(place, A_FEW)
    tell(request.config, f"Schemathesis, {name}: {told}")
    assert told.never_done == place.never_done.keys()
    assert len(told.done) >= LEAST_SHARE * len(told.operations), str(told)
    assert told.wrong_methods > len(told.operations)
    assert told.links_followed > 0


@pytest.mark.full
@pytest.mark.timeout(3_600)
async def test_every_answer_of_very_many_is_one_that_is_described(place: Place) -> None:
    await asked(place, MANY)


BROKEN = {
    "nothing": b"",
    "no JSON": b"\xff\xfe\x00",
    "no end": b'{"text": "',
    "no number": b"NaN",
    "too long a number": b"9" * 10_000,
    "too deep": b"[" * 100_000,
    "too deep an object": b'{"text":' * 50_000,
    "half a character": b'{"text": "\\ud800"}',
    "half a character for a name": b'{"\\ud800": 1}',
    "a long name": b'{"' + b"x" * 60_000 + b'": 1}',
    "ten thousand names": json.dumps({f"name{n}": n for n in range(10_000)}).encode(),
    "a list": b"[1, 2]",
}


async def test_a_body_that_is_none_is_refused_as_described(place: Place) -> None:
    """Generated bodies are JSON at least. These are sent to everything that takes one; THOROUGH by everybody each."""
    people, turns = list(place.people.items()), itertools.count()
    async with httpx2.AsyncClient(base_url=place.url, headers={"Content-Type": "application/json"}) as client:
        for method, path, operation in json_operations(place.document()):
            address, known = filled_in(path, operation)
            for name, body in BROKEN.items():
                in_turn = people[next(turns) % len(people)]
                for who, headers_of in people if os.environ.get("TAWASUL_TEST_THOROUGH") else [in_turn]:
                    refused = await client.request(method, address, content=body, headers=headers_of(known))
                    at = f"{name}, sent by {who} to {method} {path}: {refused.status_code} {refused.text[:500]}"
                    assert str(refused.status_code) in operation["responses"], at
                    assert 400 <= refused.status_code < 500, at
                    problem = refused.json()
                    assert problem["detail"], at
                    assert problem["detail_ar"], at
                    assert len(refused.content) < 20_000, at


def json_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                yield method, path, operation


def filled_in(path: str, operation: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The path with values that are there, and these."""
    known = {
        each["name"]: each["schema"]["enum"][0] for each in operation.get("parameters", []) if each["in"] == "path"
    }
    return path.format_map(known), known


def test_nearly_every_operation_of_all_services_succeeds_at_least_once() -> None:
    """Runs last. A part of the services alone says nothing of all."""
    if ASKED.keys() != PLACES.keys():
        pytest.skip(f"only {', '.join(ASKED) or 'none'} of the services was asked")
    operations = {f"{name}: {at}" for name, told in ASKED.items() for at in told.operations}
    never = sorted(f"{name}: {at}" for name, told in ASKED.items() for at in told.never_done)
    assert len(operations) - len(never) >= LEAST_SHARE * len(operations), "\n".join(never)
