"""The router behind the real door, beside intake, which gives the look; the test plays citizens and the SLA monitor."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from intake.app import create_app as create_intake
from router.app import create_app as create_router
from router.app import models_in
from router.classifier.commands import train
from router.classifier.material import Material
from router.directory.model import Country
from router.directory.store import PUBLICATIONS, Publication, Publications
from shared.events.deadlines import DeadlineApproaching, DeadlineSet
from shared.events.submissions import AttachedFile, OfficialFilesAdded, SubmissionReceived
from shared.reference.working_time import utc_now
from tawasul.demo.country import Country as SampleCountry
from tawasul.demo.country import Sample
from tawasul.stack.door import Door
from tawasul.stack.paths import NODE_MODULES
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

from tests.support.desk import a_session
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours
from tests.support.router import router_settings

OPEN_HOURS, WORKING_DAY = 4, timedelta(hours=7, minutes=15)


@dataclass
class DeskSite:
    url: str
    neighbours: Neighbours
    router: Any
    filed: int = 0

    def cookie(self, official: str) -> str:
        """A session of an official of the sample country, as intake would give it."""
        known = next(each for each in SampleCountry().officials() if each["id"] == official)
        session = a_session(official, known["role"], known["entity"], known["name"]["en"])
        return str(self.router.state.session_keys.write(session))

    async def files(self, sample: Sample, days_ago: float = 1) -> tuple[str, str]:
        """Id and reference number of what a citizen sent, as soon as the router has it."""
        self.filed += 1
        id, reference = str(uuid4()), f"7K{self.filed:03}-QPA42"
        known = sample.model_dump(include={"kind", "text", "language", "channel", "category", "location"})
        at = utc_now() - timedelta(days=days_ago)
        fact = {"submission_id": id, "to_state": "received", "reference": reference, "received_at": at}
        await self.neighbours.publish(id, SubmissionReceived.model_validate(known | fact))

        async def _is_there() -> bool:
            return await self.router.state.assignments.by_reference(reference) is not None

        await eventually(_is_there)
        return id, reference

    async def puts_files(self, reference: str, *media_types: str) -> None:
        """As intake tells of files that an official put to it; what is in them nobody has."""
        found = await self.router.state.assignments.by_reference(reference)
        files = tuple(AttachedFile(id=f"file-{n}", media_type=each, size=9) for n, each in enumerate(media_types))
        about: dict[str, Any] = {"submission_id": found.id, "to_state": "assigned", "entity": "works"}
        await self.neighbours.publish(found.id, OfficialFilesAdded(**about, files=files, official="officer.works"))

        async def _is_heard() -> bool:
            return bool((await self.router.state.assignments.find(found.id)).state.official_files)

        await eventually(_is_heard)

    async def says_due(self, id: str, working_days: float, at_risk: bool = False) -> None:
        """Negative: as long ago."""
        now = utc_now()
        opens = now.replace(hour=OPEN_HOURS, minute=0, second=0, microsecond=0)
        days = [opens + timedelta(days=n) for n in range(max(int(working_days), 0) + 2)]
        windows = tuple((day, day + WORKING_DAY) for day in days)
        due_at = now + timedelta(days=working_days)
        about: dict[str, Any] = {"submission_id": id, "to_state": "running", "target": "answer", "entity": "works"}
        policy: dict[str, Any] = {"policy": "p", "policy_version": 1, "calendar": "c", "calendar_version": 1}
        await self.neighbours.publish(id, DeadlineSet(**about, **policy, due_at=due_at, windows=windows))
        if at_risk:
            await self.neighbours.publish(id, DeadlineApproaching(**about, share=0.8, due_at=due_at))

        async def _is_heard() -> bool:
            due = (await self.router.state.assignments.find(id)).state.due
            return due is not None and due.at_risk is at_risk

        await eventually(_is_heard)


async def _teach(router: FastAPI, country: Country) -> None:
    """A model that knows what the catalogue and the rules say: it suggests, and without texts is never sure."""
    models = models_in(router.state.service.database)
    record = await train(models, Material(1, country), 0.95, utc_now())
    await models.use(record.version)


@contextlib.asynccontextmanager
async def desk_site(infrastructure: Infrastructure, neighbours: Neighbours, folder: Path) -> AsyncIterator[DeskSite]:
    url = f"http://localhost:{(door_port := free_port())}"
    prefix = neighbours.settings.topic_prefix
    told: dict[str, Any] = {"node_modules": NODE_MODULES}
    settings = router_settings(infrastructure, f"test_{uuid4().hex[:12]}", prefix, "http://127.0.0.1:9", **told)
    router = create_router(settings.model_copy(update={"public_url": url}))
    settings = intake_settings(infrastructure, f"test_{uuid4().hex[:12]}", prefix, **told)
    intake = create_intake(settings.model_copy(update={"public_url": url}))
    country = Country.model_validate(SampleCountry().directory())
    await Publications(router.state.service.database[PUBLICATIONS]).add(
        Publication(1, utc_now(), "test", country=country)
    )
    await _teach(router, country)
    upstreams, servers = {}, []
    for name, app in (("router", router), ("intake", intake)):
        upstreams[name] = f"127.0.0.1:{(port := free_port())}"
        servers.append(uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, server_header=False)))
    serving = [asyncio.create_task(server._serve()) for server in servers]
    door = Running(Door(Port("door", door_port), upstreams, folder / "door"), folder / "log")
    try:
        for app in (router, intake):
            await eventually(lambda app=app: not app.state.service.why_not_ready())
        await door.launch()
        await door.become_ready()
        yield DeskSite(url, neighbours, router)
    finally:
        await door.stop(5.0)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving)
