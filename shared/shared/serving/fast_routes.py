"""Endpoints in front of the framework, for the few that a whole country may call at the same time.

FastAPI describes them like every other. A request for one passes the service's own middleware and none of the
framework's layers: passing those and finding the route took as long as filing a submission.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.openapi import complete

logger = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class _Route:
    path: str


class Application(FastAPI):
    def __init__(self, **details: Any) -> None:
        super().__init__(**details)
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._front: dict[tuple[str, str], ASGIApp] | None = None

    def put_in_front(self, method: str, path: str, endpoint: Endpoint) -> None:
        """The path has no parameters; what the endpoint raises is answered by the application's own handlers."""
        self._endpoints[method, path] = endpoint

    def openapi(self) -> dict[str, Any]:
        known = self.openapi_schema
        document = super().openapi()
        if document is not known:
            self.openapi_schema = complete(document, self)
        return document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._front is None:
                self._front = {place: self._layered(place[1], endpoint) for place, endpoint in self._endpoints.items()}
            front = self._front.get((scope["method"], scope["path"]))
            if front is not None:
                scope["app"] = self
                await front(scope, receive, send)
                return
            # As the public has it, whatever the door speaks to us: an address without its last slash is sent to the
            # right one, and may hold a secret.
            scope["scheme"] = self.state.origin.partition(":")[0]
        await super().__call__(scope, receive, send)

    def _layered(self, path: str, endpoint: Endpoint) -> ASGIApp:
        app: ASGIApp = _Answering(self, _Route(path), endpoint)
        for layer in reversed(self.user_middleware):
            app = layer.cls(app, *layer.args, **layer.kwargs)
        return app


class _Answering:
    """The endpoint's response, or what the application's exception handlers make of what it raised."""

    def __init__(self, app: FastAPI, route: _Route, endpoint: Endpoint) -> None:
        self.app = app
        self.route = route
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self.route
        request = Request(scope, receive, send)
        try:
            response = await self.endpoint(request)
        except Exception as error:
            response = await self._refusal(request, error)
        await response(scope, receive, send)

    async def _refusal(self, request: Request, error: Exception) -> Response:
        kind = next(kind for kind in type(error).__mro__ if kind in self.app.exception_handlers)
        if kind is Exception:
            logger.error("request failed", exc_info=error)
        handler: Any = self.app.exception_handlers[kind]
        response: Response = await handler(request, error)
        return response
