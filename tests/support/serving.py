"""A whole service in the test's own process: its lifespan runs, its HTTP side answers without a socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import uvicorn
from fastapi import FastAPI
from shared.serving.service import Service
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually


@contextlib.asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """The same behind a real socket, for answers that do not end: gives its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=5, timeout_keep_alive=75)
    )
    running = asyncio.create_task(server._serve())
    try:
        await eventually(lambda: server.started and app.state.service.is_started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def serving(app: FastAPI, ready: bool = True) -> AsyncIterator[httpx2.AsyncClient]:
    """Start the application, wait until it is ready (or until it takes requests), stop it afterwards."""
    service: Service = app.state.service
    async with app.router.lifespan_context(app):
        await eventually(lambda: not service.why_not_ready() if ready else service.is_started)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
            yield client
