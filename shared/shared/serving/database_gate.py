"""Answers 503 while the database is away, and where a request failed through no fault of its caller."""

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pymongo.errors import PyMongoError
from starlette.requests import Request
from starlette.responses import Response

from shared.http import problems
from shared.storage.mongo import is_transient

logger = logging.getLogger(__name__)


class DatabaseGate:
    """ASGI middleware: 503 for a path that it is not open for yet."""

    def __init__(self, app: Any, is_open: Callable[[str], bool]) -> None:
        self.app = app
        self.is_open = is_open

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not self.is_open(scope["path"]):
            await problems.answer(Request(scope), problems.busy())(scope, receive, send)
            return
        await self.app(scope, receive, send)


def install(app: FastAPI) -> None:
    """Answer errors that no endpoint has caught."""
    app.add_exception_handler(PyMongoError, _database_failed)
    app.add_exception_handler(Exception, _failed)


async def _database_failed(request: Request, error: Exception) -> Response:
    if not is_transient(error):
        logger.error("request failed", exc_info=error)
        return await _failed(request, error)
    is_safe = request.method in ("GET", "HEAD")
    return problems.answer(request, problems.busy() if is_safe else problems.not_confirmed())


async def _failed(request: Request, error: Exception) -> Response:
    """Starlette tells the log; the person is told that it is our fault."""
    return problems.answer(request, problems.our_fault())
