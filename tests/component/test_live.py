"""Live updates over a real socket: who looks hears at once, misses nothing, and is let go when the process ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from prometheus_client import REGISTRY
from shared.reference.working_time import utc_now

from tests.support.browser import signed_in_cookie
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import CONTACT_KEY, TRACKING_KEYS, a_filing, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.processes import ServiceProcess, processes
from tests.support.provider import Provider
from tests.support.serving import listening

URL = "/api/intake/v1/submissions"
PATIENCE_SECONDS = 10
Client = httpx2.AsyncClient
Started = tuple[FastAPI, Client]


@pytest_asyncio.fixture(loop_scope="session")
async def started(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> AsyncIterator[Started]:
    limits = {"live_connections": 3, "live_connections_per_client": 2}
    prefix = neighbours.settings.topic_prefix
    app = create_app(intake_settings(infrastructure, mongo_database.name, prefix, provider.issuer, **limits))
    async with listening(app) as address, Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
        yield app, client


async def file(client: Client, headers: dict[str, str] | None = None) -> tuple[str, dict[str, str]]:
    receipt = (await client.post(URL, json=a_filing(), headers=headers)).json()
    return f"{URL}/{receipt['reference']}", {"Tawasul-Secret": receipt["secret"]}


class Heard:
    """The events of one connection, as their ids."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> str | None:
        """None where the connection ends."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if line.startswith("id: "):
                    return line.removeprefix("id: ")
        return None


@contextlib.asynccontextmanager
async def hearing(client: Client, at: str, headers: dict[str, str], seen: int = 1) -> AsyncIterator[Heard]:
    async with client.stream("GET", f"{at}/events?seen={seen}", headers=headers) as response:
        yield Heard(response)


async def nobody_listens() -> None:
    await eventually(lambda: REGISTRY.get_sample_value("tawasul_live_connections") == 0)


async def test_who_looks_hears_of_each_change_and_after_coming_again_of_what_was_missed(started: Started) -> None:
    _, client = started
    at, secret = await file(client)
    async with hearing(client, at, secret) as heard:
        assert heard.response.headers["content-type"].startswith("text/event-stream")
        assert "no-transform" in heard.response.headers["cache-control"]
        await client.post(f"{at}/information", json={"text": "more"}, headers=secret)
        assert await heard.next() == "2"
        await client.post(f"{at}/information", json={"text": "more"}, headers=secret)
        assert await heard.next() == "3"
    await nobody_listens()
    await client.post(f"{at}/withdraw", json={}, headers=secret)
    async with hearing(client, at, secret | {"Last-Event-ID": "3"}) as again:
        assert await again.next() == "4"


async def test_nobody_hears_of_anothers(started: Started) -> None:
    _, client = started
    (mine, _), (_, secret) = await file(client), await file(client)
    assert (await client.get(f"{mine}/events", headers=secret)).status_code == 404
    assert (await client.get(f"{mine}/events")).status_code == 404


async def test_one_client_and_one_process_hold_so_many_and_refuse_the_next_clearly(started: Started) -> None:
    _, client = started
    (one, of_one), (two, of_two), (three, of_three) = [await file(client) for _ in range(3)]
    async with hearing(client, one, of_one), hearing(client, one, of_one):
        too_many = await client.get(f"{one}/events", headers=of_one)
        assert (too_many.status_code, too_many.headers["retry-after"]) == (429, "60")
        assert too_many.json()["detail_ar"]
        async with hearing(client, two, of_two):
            assert (await client.get(f"{three}/events", headers=of_three)).status_code == 503
    await nobody_listens()
    async with hearing(client, three, of_three, seen=0) as heard:
        assert await heard.next() == "1"


async def test_a_process_that_drains_ends_its_connections_and_takes_no_new_ones(started: Started) -> None:
    app, client = started
    at, secret = await file(client)
    async with hearing(client, at, secret) as heard:
        app.state.service.is_draining = True
        assert await heard.next() is None
    assert (await client.get(f"{at}/events", headers=secret)).status_code == 503


async def test_a_connection_lasts_no_longer_than_the_session_that_opened_it(
    started: Started, provider: Provider
) -> None:
    app, client = started
    at, _ = await file(client, provider.authorization("mariam", "citizen"))
    keys = app.state.session_keys
    session = replace(
        keys.read(await signed_in_cookie(app, "mariam", "citizen")), expires_at=utc_now() + timedelta(seconds=2)
    )
    async with hearing(client, at, {"Cookie": f"tawasul={keys.write(session)}"}) as heard:
        assert heard.response.status_code == 200
        assert await heard.next() is None


async def test_who_looks_keeps_no_process_from_ending(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> None:
    intake = ServiceProcess(
        "intake",
        {
            "TAWASUL_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
            "TAWASUL_KAFKA_PARTITIONS": "3",
            "TAWASUL_MONGO_URI": infrastructure.mongo_uri,
            "TAWASUL_MONGO_DATABASE": mongo_database.name,
            "TAWASUL_TOPIC_PREFIX": neighbours.settings.topic_prefix,
            "TAWASUL_OIDC_ISSUER": provider.issuer,
            "TAWASUL_CONTACT_KEYS": CONTACT_KEY,
            "TAWASUL_TRACKING_KEYS": TRACKING_KEYS,
        },
    )
    async with processes(intake), Client(base_url=intake.url, timeout=PATIENCE_SECONDS) as client:
        at, secret = await file(client)
        async with hearing(client, at, secret, seen=0) as heard:
            assert await heard.next() == "1"
            intake.terminate()
            assert await heard.next() is None
        assert await intake.ended(PATIENCE_SECONDS) == 0
