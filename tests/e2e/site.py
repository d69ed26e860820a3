"""Intake behind the real door, as a browser meets it; the test plays the other services."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
import yaml
from intake.app import create_app
from shared.events.assignments import (
    AppealDecided,
    AssignmentAcknowledged,
    InformationRequested,
    SubmissionAnswered,
    SubmissionAssigned,
)
from shared.events.deadlines import DeadlineSet
from shared.events.directory import AreaChanged, CategoryChanged, EntityChanged, PlaceChanged, Words
from shared.events.model import EventData, Name
from shared.events.topics import SUBMISSIONS
from shared.reference.working_time import utc_now
from shared.serving.server import KEPT_SECONDS
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES, REPOSITORY
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours

LAMP = EntityChanged(
    entity="ewa",
    name=Name(ar="هيئة الكهرباء والماء", en="Electricity and Water Authority"),
    kind="authority",
    calendar="government",
)


@dataclass
class Site:
    url: str
    neighbours: Neighbours
    intake: Any
    upstream: str

    async def id_of(self, reference: str) -> str:
        id: str = await self.intake.state.submissions.id_of(reference)
        return id

    async def happens(self, reference: str, *facts: EventData) -> None:
        """The other services say it, and intake has heard it."""
        id = await self.id_of(reference)
        before = await self._told(id)
        await self.neighbours.publish(id, *facts)

        async def _heard() -> bool:
            return before + Counter(fact.type for fact in facts) <= await self._told(id)

        await eventually(_heard)

    async def _told(self, id: str) -> Counter[str]:
        found = await self.intake.state.submissions.find(id)
        return Counter(entry.type for entry in found.state.timeline)

    async def is_assigned(self, reference: str) -> None:
        id, now = await self.id_of(reference), utc_now()
        opens = now.replace(hour=4, minute=0, second=0, microsecond=0)
        windows = tuple((opens + timedelta(days=n), opens + timedelta(days=n, hours=7)) for n in range(1, 15))
        assigned = SubmissionAssigned(
            submission_id=id, to_state="assigned", entity="ewa", decided_by="rule", reason="r", category="lighting"
        )
        due = DeadlineSet(
            submission_id=id,
            to_state="running",
            target="answer",
            entity="ewa",
            due_at=windows[-1][1],
            windows=windows,
            policy="complaint",
            policy_version=1,
            calendar="government",
            calendar_version=1,
        )
        seen = AssignmentAcknowledged(submission_id=id, to_state="acknowledged", entity="ewa", official="o1")
        await self.happens(reference, assigned, due, seen)

    async def is_asked(self, reference: str, text: str) -> None:
        id = await self.id_of(reference)
        asked = InformationRequested(
            submission_id=id, to_state="asked", entity="ewa", question_id="q1", text=text, official="o1"
        )
        await self.happens(reference, asked)

    async def is_answered(self, reference: str, text: str) -> None:
        id = await self.id_of(reference)
        answered = SubmissionAnswered(
            submission_id=id, to_state="answered", entity="ewa", text=text, reason_code="done", official="o1"
        )
        await self.happens(reference, answered)

    async def appeal_is_upheld(self, reference: str, text: str) -> None:
        id = await self.id_of(reference)
        upheld = AppealDecided(
            submission_id=id, to_state="assigned", entity="ewa", decision="upheld", text=text, official="central"
        )
        await self.happens(reference, upheld)

    async def heard(self, reference: str, *types: str) -> None:
        await self.neighbours.hear(SUBMISSIONS, await self.id_of(reference), *types)


@contextlib.asynccontextmanager
async def site(infrastructure: Infrastructure, neighbours: Neighbours, folder: Path) -> AsyncIterator[Site]:
    door_port, intake_port = free_port(), free_port()
    url = f"http://localhost:{door_port}"
    settings = intake_settings(
        infrastructure,
        f"test_{uuid4().hex[:12]}",
        neighbours.settings.topic_prefix,
        node_modules=NODE_MODULES,
    ).model_copy(update={"public_url": url})
    await _directory(neighbours)
    app = create_app(settings)
    config = uvicorn.Config(
        app, port=intake_port, log_config=None, server_header=False, timeout_keep_alive=KEPT_SECONDS
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    upstreams = {"intake": f"127.0.0.1:{intake_port}"}
    door = Running(Door(Port("door", door_port), upstreams, folder / "door"), folder / "log")
    try:
        await eventually(lambda: not app.state.service.why_not_ready())
        await door.launch()
        await door.become_ready()
        yield Site(url, neighbours, app, upstreams["intake"])
    finally:
        await door.stop(5.0)
        server.should_exit = True
        await serving


async def _directory(neighbours: Neighbours) -> None:
    await neighbours.publish("entity:ewa", LAMP)
    for category in (
        CategoryChanged(category="roads", name=Name(ar="الطرق والمرور", en="Roads and traffic")),
        CategoryChanged(
            category="pothole",
            name=Name(ar="حفر الشوارع", en="Potholes"),
            parent="roads",
            keywords=Words(ar=("حفرة",), en=("pothole",)),
        ),
        CategoryChanged(category="lighting", name=Name(ar="إنارة الشوارع", en="Street lighting"), parent="roads"),
    ):
        await neighbours.publish(f"category:{category.category}", category)
    for area in yaml.safe_load((REPOSITORY / "deploy/country/areas.yaml").read_text()):
        await neighbours.publish(f"area:{area['id']}", AreaChanged.model_validate({"area": area["id"], **area}))
    for place in yaml.safe_load((REPOSITORY / "deploy/country/places.yaml").read_text()):
        await neighbours.publish(f"place:{place['id']}", PlaceChanged.model_validate({"place": place["id"], **place}))
