"""Accepts YAML request bodies where JSON is expected, by converting them to JSON first."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from shared.events.model import Role
from shared.http.auth import optional_caller
from shared.http.problems import Problem
from starlette.responses import Response

from sla_monitor.calendar_files.yaml_files import read_yaml
from sla_monitor.calendars.checks import Fault, RulebookRefused

MEDIA_TYPES = ("application/yaml", "application/x-yaml", "text/yaml")
LARGEST = 1024 * 1024


class YamlOrJsonRoute(APIRoute):
    """A route for administrators that takes its JSON body as YAML too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def _handle(request: Request) -> Response:
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type not in MEDIA_TYPES:
                return await handle(request)
            # Of anybody else it is not read at all: the route refuses them, and YAML takes its time.
            caller = await optional_caller(request)
            is_read = caller is not None and caller.has(Role.ADMINISTRATOR)
            return await handle(await _as_json(request) if is_read else request)

        return _handle


async def _as_json(request: Request) -> Request:
    body = await request.body()
    if len(body) > LARGEST:
        raise Problem(413, "too-large", "This is more than can be sent at once.", "حجم المحتوى أكبر من المسموح.")
    try:
        content = json.dumps(await asyncio.to_thread(read_yaml, body), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise RulebookRefused(
            [Fault("file", "yaml", "This cannot be said in JSON.", "لا يمكن التعبير عنه.")]
        ) from error
    kept = [
        (name, value) for name, value in request.scope["headers"] if name not in (b"content-type", b"content-length")
    ]
    headers = [*kept, (b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request({**request.scope, "headers": headers}, receive)
