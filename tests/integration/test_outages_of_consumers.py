"""Router, SLA monitor and notifier while database and broker are down: events wait, and all are applied."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import notifier.app
import pytest
import router.app
import sla_monitor.app
from fastapi import FastAPI
from shared.events.model import EventData

from tests.support.eventually import eventually
from tests.support.infrastructure import LocalKafka, LocalMongo
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.notifier import a_contact, notifier_settings, the_country
from tests.support.notifier import received as told
from tests.support.provider import Provider
from tests.support.router import a_country, an_id, router_settings
from tests.support.serving import serving
from tests.support.sla_monitor import a_rulebook_body, assigned, sla_monitor_settings

pytestmark = pytest.mark.timeout(240)


@dataclass
class Own:
    kafka: LocalKafka
    mongo: LocalMongo
    neighbours: Neighbours
    apps: dict[str, FastAPI]

    async def publish(self, many: int = 3) -> list[str]:
        """So many submissions, each received and assigned."""
        ids = [an_id() for _ in range(many)]
        for id in ids:
            await self.neighbours.publish(f"{id}/author", a_contact(id))
            facts: list[EventData] = [told(id), assigned(id)]
            await self.neighbours.publish(id, *facts)
        return ids

    async def have_all(self, ids: list[str]) -> bool:
        collections = {"router": "assignments", "sla-monitor": "clocks", "notifier": "notifications"}
        for service, name in collections.items():
            database = self.apps[service].state.service.database
            key = "submission_id" if service == "notifier" else "_id"
            if set(await database[name].distinct(key, {key: {"$in": ids}})) != set(ids):
                return False
        return True


@contextlib.asynccontextmanager
async def town(folder: Path, provider: Provider) -> AsyncIterator[Own]:
    kafka, mongo = LocalKafka(folder), LocalMongo(folder)
    await asyncio.gather(kafka.start(), mongo.start())
    try:
        async with neighbourhood(kafka.bootstrap) as neighbours, contextlib.AsyncExitStack() as stack:
            where = SimpleNamespace(kafka_bootstrap=kafka.bootstrap, mongo_uri=mongo.uri)
            name, prefix, issuer = f"test_{uuid4().hex[:8]}", neighbours.settings.topic_prefix, provider.issuer
            clock: Any = sla_monitor_settings(where, f"{name}_sla", prefix, issuer)  # type: ignore[arg-type]
            apps = {
                "router": router.app.create_app(router_settings(where, f"{name}_router", prefix, issuer)),
                "sla-monitor": sla_monitor.app.create_app(clock),
                "notifier": notifier.app.create_app(
                    notifier_settings(where, f"{name}_mail", prefix, issuer, 9, kafka_partitions=3)
                ),
            }
            for change in the_country():
                kind = change.type.removesuffix("Changed").lower()
                await neighbours.publish(f"{kind}:{getattr(change, kind)}", change)
            clients = {service: await stack.enter_async_context(serving(app)) for service, app in apps.items()}
            administrator = provider.authorization("administrator", "administrator")
            for service, path, body in [
                ("router", "/api/router/v1/directory", a_country()),
                ("sla-monitor", "/api/sla-monitor/v1/calendars-and-policies", a_rulebook_body()),
            ]:
                response = await clients[service].put(path, json=body, headers=administrator)
                assert response.status_code == 200, response.text
            yield Own(kafka, mongo, neighbours, apps)
    finally:
        await asyncio.gather(kafka.stop(5), mongo.stop(5))


async def test_events_outlast_a_database_and_a_broker_that_are_down(tmp_path: Path, provider: Provider) -> None:
    async with town(tmp_path, provider) as own:
        before = await own.publish()
        await eventually(lambda: own.have_all(before))

        await own.mongo.kill()
        meanwhile = await own.publish()
        await own.mongo.start()
        await eventually(lambda: own.have_all(meanwhile), 60)

        await own.kafka.kill()
        await own.kafka.start()
        afterwards = await own.publish()
        await eventually(lambda: own.have_all(afterwards), 60)
        for app in own.apps.values():
            assert await app.state.service.dead_letters.held() == 0
        await eventually(lambda: not any(app.state.service.why_not_ready() for app in own.apps.values()), 60)
