"""One process of a service: its HTTP server, and an orderly end."""

import asyncio
import gc
import signal
from types import FrameType

import uvicorn
from fastapi import FastAPI

from shared.messaging import aiokafka_on_uvloop
from shared.operations import observability, tracing
from shared.serving.service import Service
from shared.serving.single_write import OneWriteProtocol

COLLECTED_AFTER = 10_000
"""Allocations that outlived their use before the young generation is collected; Python's own 700 are one request's."""

KEPT_SECONDS = 75
"""How long an idle connection stays open: longer than the door (30 s) or an ingress (60 s) keeps it. Whoever closes
first must be the one who would send: a request that meets a connection being closed is lost, a 502 for what was filed.
"""

REQUESTS_SECONDS = 20
"""For the requests that were begun when the door closed: see `service.CLOSING_SECONDS` for the whole end."""


class _Server(uvicorn.Server):
    """Not ready first, the door closed a little later: load balancers need the time between."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        delay = self.service.settings.drain_seconds
        if sig == signal.SIGTERM and delay and not self.service.is_draining:
            self.service.is_draining = True
            asyncio.get_running_loop().call_later(delay, self._close, sig)
            return
        self.service.is_draining = True
        self._close(sig)

    def _close(self, sig: int) -> None:
        """In uvicorn's place, which raises the signal again at the end: then no orderly end had the exit code 0."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def settle_memory() -> None:
    """Exempt everything imported and wired from garbage collection, as it stays for ever, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


def serve(app: FastAPI) -> None:
    """Run one process of a service until it is told to stop."""
    service: Service = app.state.service
    settings = service.settings
    observability.configure_logs(service.name, settings.log_level)
    if settings.tracing_endpoint:
        tracing.turn_on(service.name, settings.tracing_endpoint, settings.tracing_share)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=OneWriteProtocol,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # `shared.http.client_addresses` knows the doors
        date_header=False,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=REQUESTS_SECONDS,
        backlog=1024,
    )
    aiokafka_on_uvloop.patch_transport()
    settle_memory()
    _Server(config, service).run()
    if service.must_exit:
        raise SystemExit(service.must_exit)
