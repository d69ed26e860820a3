"""All four services as processes, on stores that can be emptied; citizens who file, and a post office that counts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from shared.events.topics import TOPICS
from shared.operations.settings import KafkaSettings
from tawasul.backup.records import Reading, not_yet_taken, partitions_of
from tawasul.backup.stores import Stores
from tawasul.backup.take import admin_of
from tawasul.stack.settings import SERVICES

from tests.support.eventually import eventually
from tests.support.infrastructure import Client, Infrastructure
from tests.support.intake import CONTACT_KEY, TRACKING_KEYS
from tests.support.post_office import PostOffice, a_post_office
from tests.support.processes import ServiceProcess
from tests.support.provider import Provider
from tests.support.router import a_country
from tests.support.sla_monitor import a_rulebook_body

EVERY_SECONDS = 0.02
"""Between two filings: the load's pace, not a wait for anything."""
START_SECONDS = 180.0
"""For several at a time, on a machine that has other work."""
MAILS_OF_ONE = 2
"""Its author is told of receipt and assignment; who works on it finds it in the inbox."""

OUTBOXES = (
    ("intake", "submissions"),
    ("router", "assignments"),
    ("router", "directory"),
    ("sla-monitor", "clocks"),
    ("notifier", "deliveries"),
)
COMPACTED = {topic.name for topic in TOPICS if topic.compacted}


@dataclass
class Town:
    """`services` by name; with an ordinal other than 0 as `router-1`."""

    stores: Stores
    environment: dict[str, str]
    office: PostOffice
    client: Client
    services: dict[str, ServiceProcess] = field(default_factory=dict)
    filed: list[str] = field(default_factory=list)

    async def start(self, *names: str, ordinal: int = 0, code: Path | None = None) -> None:
        """Return when they are ready. `code`: a checkout of another version that they run."""
        started = []
        for name in names:
            own = {"TAWASUL_MONGO_DATABASE": self.stores.databases[name], "TAWASUL_ORDINAL": str(ordinal)}
            if code is not None:
                own["PYTHONPATH"] = f"{code / 'services' / name}:{code / 'shared'}"
            process = ServiceProcess(name, self.environment | own)
            self.services[f"{name}-{ordinal}" if ordinal else name] = process
            await process.start()
            started.append(process)
        await asyncio.gather(*(process.ready(START_SECONDS) for process in started))

    async def kill(self, *names: str) -> None:
        for name in names:
            process = self.services.pop(name).process
            process.kill()
            await process.wait()

    async def put(self, service: str, path: str, body: Any, headers: dict[str, str]) -> None:
        async with httpx2.AsyncClient(base_url=self.services[service].url, timeout=30) as client:
            response = await client.put(path, json=body, headers=headers)
            assert response.status_code == 200, response.text

    async def file(self, number: int) -> None:
        async with httpx2.AsyncClient(base_url=self.services["intake"].url, timeout=30) as client:
            for _ in range(number):
                place = len(self.filed)
                body = {
                    "kind": "complaint",
                    "text": f"There is a pothole, number {place}. أمام بيتي حفرة.",
                    "language": "ar" if place % 2 else "en",
                    "contact": {"name": "مريم", "email": f"citizen.{place}@citizens.example"},
                }
                response = await client.post("/api/intake/v1/submissions", json=body)
                assert response.status_code == 201, response.text
                self.filed.append(response.json()["id"])
                await asyncio.sleep(EVERY_SECONDS)

    def collection(self, service: str, name: str) -> Any:
        return self.client[self.stores.databases[service]][name]

    async def ids(self, service: str, name: str, **where: Any) -> set[str]:
        return {found["_id"] async for found in self.collection(service, name).find(where, {"_id": 1})}

    async def is_quiet(self) -> bool:
        """No outbox holds anything, every group has taken everything, and every notification has its end."""
        for service, name in OUTBOXES:
            if await self.collection(service, name).find_one({"pending": {"$exists": True}}):
                return False
        async with admin_of(self.stores.kafka) as admin, Reading(self.stores.kafka) as reading:
            taken = await not_yet_taken(admin, self.stores.kafka, await partitions_of(admin, self.stores.kafka))
            await reading.begin(taken)
            ends = await reading.ends()
        if any(ends[at] > stands for at, stands in taken.items() if at.topic not in COMPACTED):
            return False
        return not await self.collection("notifier", "notifications").find_one({"next_at": {"$exists": True}})

    def told(self) -> Counter[tuple[str, str, str]]:
        """How often each recipient got each mail of each submission."""
        return Counter(
            (thread_of(posted.message), posted.recipients[0], str(posted.message["Subject"]))
            for posted in self.office.mails
        )


def thread_of(message: Any) -> str:
    return str(message["References"]).strip(" <>").partition("@")[0]


@pytest_asyncio.fixture(loop_scope="session")
async def town(
    infrastructure: Infrastructure, mongo_client: Client, provider: Provider, topic_prefix: str
) -> AsyncIterator[Town]:
    name = f"test_{uuid4().hex[:12]}"
    kafka = KafkaSettings(kafka_bootstrap=infrastructure.kafka_bootstrap, topic_prefix=topic_prefix, kafka_partitions=3)
    stores = Stores(kafka, infrastructure.mongo_uri, {service: f"{name}_{service}" for service in SERVICES})
    async with a_post_office() as office:
        environment = {
            "TAWASUL_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
            "TAWASUL_MONGO_URI": infrastructure.mongo_uri,
            "TAWASUL_TOPIC_PREFIX": topic_prefix,
            "TAWASUL_KAFKA_PARTITIONS": "3",
            "TAWASUL_OIDC_ISSUER": provider.issuer,
            "TAWASUL_CONTACT_KEYS": CONTACT_KEY,
            "TAWASUL_TRACKING_KEYS": TRACKING_KEYS,
            "TAWASUL_CONFIRM_CONTACTS": "off",
            "TAWASUL_SMTP_PORT": str(office.port),
        }
        made = Town(stores, environment, office, mongo_client)
        try:
            await made.start(*SERVICES)
            administrator = provider.authorization("administrator", "administrator")
            await made.put("router", "/api/router/v1/directory", a_country(), administrator)
            path = "/api/sla-monitor/v1/calendars-and-policies"
            await made.put("sla-monitor", path, a_rulebook_body(), administrator)
            yield made
        finally:
            await made.kill(*made.services)
            await empty(stores, mongo_client)


async def empty(stores: Stores, client: Client) -> None:
    for database in stores.databases.values():
        await client.drop_database(database)
    async with admin_of(stores.kafka) as admin:
        there = [name for name in await admin.list_topics() if name.startswith(stores.kafka.topic_prefix)]
        await admin.delete_topics(there)
        await eventually(lambda: _are_gone(admin, stores.kafka))


async def _are_gone(admin: Any, settings: KafkaSettings) -> bool:
    return not await partitions_of(admin, settings)
