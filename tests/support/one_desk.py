"""The desk of one router on real Kafka and MongoDB for each test of a file: an officer of the Ministry of Works, a
clerk of the central office, and the citizens of a town.

    app, officer, clerk, town = one_desk.app, one_desk.officer, one_desk.clerk, one_desk.town

in a file of tests gives it these fixtures.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from router.app import create_app
from shared.events.deadlines import DeadlineApproaching, DeadlineSet, DeadlineUnknown
from shared.reference.working_time import utc_now

from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import a_country, a_place, a_template, an_id, an_official, received, router_settings
from tests.support.serving import serving

LANE = {
    "code": "lane",
    "name": {"ar": "في أي مسار؟", "en": "In which lane?"},
    "answer": "multivaluelist",
    "options": [
        {"key": "left", "name": {"ar": "الأيسر", "en": "Left"}},
        {"key": "right", "name": {"ar": "الأيمن", "en": "Right"}},
    ],
}
CATEGORIES = [
    category | ({"questions": [LANE]} if category["id"] == "roads.pothole" else {})
    for category in a_country()["categories"]
]
OFFICIALS = [
    an_official("officer.works", "works"),
    an_official("supervisor.works", "works", "supervisor"),
    an_official("officer.ewa", "ewa"),
    an_official("supervisor.ewa", "ewa", "supervisor"),
    an_official("triage", "central-office", "central"),
]
APPROVING = "ewa"
"""Its answers need approval."""
ENTITIES = [
    entity | ({"answers_need_approval": True} if entity["id"] == APPROVING else {})
    for entity in a_country()["entities"]
]


@pytest_asyncio.fixture(loop_scope="session")
async def app(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> AsyncIterator[FastAPI]:
    app = create_app(router_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer))
    async with serving(app):
        await publish(app, provider)
        yield app


async def publish(app: FastAPI, provider: Provider, **changed: Any) -> None:
    """The country of these tests, with other lists where they are given."""
    who = provider.authorization("administrator", "administrator", entity="central-office")
    country = a_country(
        entities=ENTITIES,
        officials=OFFICIALS,
        categories=CATEGORIES,
        templates=[a_template("done", "{reference} is done.")],
        places=[a_place("harbour")],
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        response = await client.put("/api/router/v1/directory", json=country | changed, headers=who)
    assert response.status_code == 200, response.text
    await app.state.directory.refresh()


@pytest_asyncio.fixture(loop_scope="session")
async def officer(app: FastAPI) -> AsyncIterator[AtTheDesk]:
    async with AtTheDesk(app, "officer.works", "officer", "works") as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(app: FastAPI) -> AsyncIterator[AtTheDesk]:
    async with AtTheDesk(app, "triage", "central", "central-office") as browser:
        yield browser


@pytest.fixture
def town(app: FastAPI, neighbours: Neighbours) -> "Town":
    return Town(app, neighbours)


class Town:
    """Citizens who write, and the SLA monitor that says when it is due."""

    def __init__(self, app: FastAPI, neighbours: Neighbours) -> None:
        self.app, self.neighbours, self.number = app, neighbours, 0

    async def writes(self, text: str = "There is a pothole in front of my house.", **more: Any) -> tuple[str, str]:
        """Id and reference number, as soon as the router has it."""
        self.number += 1
        id, reference = an_id(), f"7K3M{self.number}-QPA42"
        await self.neighbours.publish(id, received(id, text=text, reference=reference, **more))
        await self.becomes(id, lambda state: True)
        return id, reference

    async def says_due(self, id: str, due_at: datetime, at_risk: bool = False) -> None:
        known: dict[str, Any] = {"submission_id": id, "to_state": "running", "target": "answer", "entity": "works"}
        policy: dict[str, Any] = {"policy": "p", "policy_version": 1, "calendar": "c", "calendar_version": 1}
        windows = ((utc_now() - timedelta(hours=1), utc_now() + timedelta(hours=5)),)
        await self.neighbours.publish(id, DeadlineSet(**known, **policy, due_at=due_at, windows=windows))
        if at_risk:
            await self.neighbours.publish(id, DeadlineApproaching(**known, share=0.8, due_at=due_at))
        await self.becomes(id, lambda state: state.due is not None and state.due.at_risk is at_risk)

    async def says_no_due_time(self, id: str) -> None:
        known: dict[str, Any] = {"submission_id": id, "to_state": "unknown", "target": "answer", "entity": "works"}
        await self.neighbours.publish(id, DeadlineUnknown(**known, since=utc_now()))
        await self.becomes(id, lambda state: state.due_unknown_since is not None)

    async def becomes(self, id: str, holds: Any) -> None:
        async def _is() -> bool:
            found = await self.app.state.assignments.find(id)
            return found is not None and found.state.submission is not None and holds(found.state)

        await eventually(_is)


def in_order(page: str, *parts: str) -> bool:
    """Each after the one before it: a random id elsewhere on the page may hold the same digits."""
    at = 0
    for part in parts:
        at = page.find(part, at) + len(part)
        if at < len(part):
            return False
    return True
