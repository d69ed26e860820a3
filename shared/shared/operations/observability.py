"""Logs as JSON with the correlation id, request metrics, and the endpoints that tell how a process is."""

import contextvars
import logging
import random
import sys
import time
import traceback
from collections.abc import Iterable
from functools import cache
from typing import Any

from fastapi.routing import iter_route_contexts
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from pythonjsonlogger.json import JsonFormatter
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.operations import tracing
from shared.operations.log_limiter import RepeatLimit
from shared.operations.metrics import REQUESTS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""A client may send any method name; as a label it would stay for ever."""

LIBRARIES = ("aiokafka", "faststream", "httpx2", "httpcore2", "opentelemetry", "pymongo", "uvicorn")

UNTRACED = frozenset({"/livez", "/readyz", "/metrics"})

correlation_id: contextvars.ContextVar[str] = contextvars.ContextVar("correlation_id", default="")


class _Correlated(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "correlation_id") and (current := correlation_id.get()):
            record.correlation_id = current
        return True


class _Formatter(JsonFormatter):
    """An error is told by its type and where it was: its message may repeat what a person wrote."""

    def formatException(self, ei: Any) -> str:
        kind, error, trace = ei
        places = (f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace))
        return " < ".join([kind.__name__ if kind else str(error), *reversed(list(places))])


def configure_logs(service: str, level: str) -> None:
    """One JSON object a line on standard output; libraries speak only when something is wrong."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        _Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            static_fields={"service": service},
            json_ensure_ascii=False,
        )
    )
    handler.addFilter(_Correlated())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    limit = RepeatLimit()
    handler.addFilter(lambda record: record.name.partition(".")[0] not in LIBRARIES or limit.filter(record))
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


class Observed:
    """ASGI middleware: a correlation id for every request, and its duration by route and status."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        correlation = _given(scope["headers"]) or f"{random.getrandbits(128):032x}"
        correlation_id.set(correlation)

        async def _send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-correlation-id", correlation.encode()))
            await send(message)

        try:
            await self.app(scope, receive, _send)
        finally:
            path = _pattern(scope)
            method = scope["method"] if scope["method"] in METHODS else "other"
            _requests(method, path, status).observe(time.perf_counter() - started)


class Traced:
    """ASGI middleware: a span for every request that is sampled. Never the path itself, which may hold a secret."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNTRACED:
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        span = tracing.begin_request(method)
        if span is None:
            await self.app(scope, receive, send)
            return
        status = 500

        async def _send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                await self.app(scope, receive, _send)
            finally:
                route = _pattern(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                span.set_attribute("tawasul.correlation_id", correlation_id.get())
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))


def _pattern(scope: Scope) -> str:
    """The path of the route that answered, with the prefix of its router, which the route itself does not know."""
    route: Any = scope.get("route")
    if route is None:
        return "unmatched"
    app: Any = scope.get("app")
    known: dict[int, str] | None = getattr(app.state, "route_patterns", None) if app is not None else None
    if known is None and app is not None:
        contexts = iter_route_contexts(app.routes)
        known = app.state.route_patterns = {id(each.original_route): each.path for each in contexts if each.path}
    return (known or {}).get(id(route)) or str(route.path)


@cache
def _requests(method: str, path: str, status: int) -> Histogram:
    """`labels` makes texts, takes a lock and looks it up, at every request."""
    return REQUESTS.labels(method, path, str(status))


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's correlation id; empty where there is none, or nothing that may stand in a log."""
    for name, raw in headers:
        if name == b"x-correlation-id":
            correlation = raw.decode("latin-1")
            return correlation if 8 <= len(correlation) <= 64 and correlation.replace("-", "").isalnum() else ""
    return ""


def metrics_response() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
