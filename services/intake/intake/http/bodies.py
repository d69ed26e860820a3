"""Limits request bodies by counting what arrives, whatever its Content-Length says.

Uploads lie in temporary files until they are stored, so the uploads of a process share an allowance; a request that
exceeds it is answered with 503.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from shared.http.problems import Problem, broken, busy
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

LARGEST = 1024 * 1024
LARGEST_UPLOAD = 53 * 1024 * 1024
"""Five files of ten megabytes and a form; deploy/gateway/Caddyfile has the same limit."""

LONGEST_SECONDS = 600.0
"""Ten megabytes take four minutes on a slow line. A slower upload would block allowance that others need."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Allowance:
    """The bytes of uploads that this process holds at the same time."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, size: int) -> None:
        """Raises Problem 503."""
        if size > self._left:
            raise busy(10)
        self._left -= size

    def give_back(self, size: int) -> None:
        self._left += size


class BoundedRoute(APIRoute):
    """A route that reads at most a megabyte."""

    largest = LARGEST
    holds_uploads = False

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowance = scope["app"].state.upload_allowance if self.holds_uploads else None
        body = _Body(receive, self.largest, scope, allowance)
        try:
            await super().handle(scope, body.receive, send)
        finally:
            body.close()

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def _told(request: Request) -> Response:
            try:
                return await handle(request)
            except ClientDisconnect:
                return Response(status_code=400)  # the client has disconnected
            except HTTPException as error:
                if isinstance(error.__cause__, Problem):  # FastAPI wraps errors raised in `receive` as an invalid body
                    raise error.__cause__ from None
                raise
            finally:
                await request.close()

        return _told


class UploadRoute(BoundedRoute):
    """A route that takes files as well."""

    largest = LARGEST_UPLOAD
    holds_uploads = True


class _Body:
    """Refuses by the announced length before reading, and counts the body all the same."""

    def __init__(self, receive: Receive, largest: int, scope: Scope, allowance: Allowance | None) -> None:
        self._receive = receive
        self._largest = largest
        self._allowance = allowance
        self._read = 0
        self._is_whole = False
        self._ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
        announced = Headers(scope=scope).get("content-length", "")
        self._announced = int(announced[:20]) if announced.isdecimal() else 0

    async def receive(self) -> Message:
        if self._is_whole:  # after the body only the disconnect follows, which a streaming response waits for
            return await self._receive()
        if self._announced > self._largest:
            raise too_large()
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError as error:
            raise broken() from error
        size = len(message.get("body", b""))
        if self._read + size > self._largest:
            raise too_large()
        if self._allowance is not None:
            self._allowance.take(size)
        self._read += size
        self._is_whole = not message.get("more_body", False)
        return message

    def close(self) -> None:
        if self._allowance is not None:
            self._allowance.give_back(self._read)


def too_large() -> Problem:
    return Problem(413, "too-large", "This is more than can be sent at once.", "حجم المحتوى أكبر من المسموح.")
