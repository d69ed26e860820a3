"""A whole service in the test's own process: its lifespan runs, its HTTP side answers without a socket."""

import contextlib
from collections.abc import AsyncIterator

import httpx2
from fastapi import FastAPI
from shared.service import Service

from tests.support.eventually import eventually


@contextlib.asynccontextmanager
async def serving(app: FastAPI, ready: bool = True) -> AsyncIterator[httpx2.AsyncClient]:
    """Start the application, wait until it is ready (or until it takes requests), stop it afterwards."""
    service: Service = app.state.service
    async with app.router.lifespan_context(app):
        await eventually(lambda: not service.why_not_ready() if ready else service.is_started)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
            yield client
