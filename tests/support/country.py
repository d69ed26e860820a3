"""Data under a service that is asked everything that it answers, and everybody who may ask."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
from fastapi import FastAPI
from shared.serving.service import Service

from tests.support.described import Who, always
from tests.support.eventually import eventually
from tests.support.infrastructure import Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.serving import listening

STREAM = "a stream of events has no end that one could wait for: tests/component/test_live.py and test_desk_live.py"
NOBODY = "00000-00000"
NEVER = "6f1d0a52-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Country:
    """The data under a service."""

    infrastructure: Infrastructure
    database: str
    neighbours: Neighbours
    provider: Provider

    @property
    def prefix(self) -> str:
        return self.neighbours.settings.topic_prefix

    def people(self) -> dict[str, Who]:
        """Everybody: those who do not say who they are, somebody with a token of nobody's, and every role."""
        of = self.provider.authorization
        return {
            "anybody": always({}),
            "somebody with a false token": always({"Authorization": "Bearer nonsense"}),
            "a citizen": always(of("citizen.maryam", "citizen")),
            "an officer": always(of("officer.one", "officer", entity="works")),
            "another entity's officer": always(of("officer.ewa", "officer", entity="ewa")),
            "the central office": always(of("central.triage", "central", entity="central-office")),
            "an administrator": always(of("administrator", "administrator", entity="central-office")),
        }


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    service: Service = app.state.service
    async with listening(app) as url, httpx2.AsyncClient(base_url=url) as client:
        await eventually(lambda: not service.why_not_ready())
        yield client
