"""Server-sent events: the HTTP side of `live`. A program asks for it like a browser's EventSource.

Each event is `changed` with the version as its id and data. A comment goes out from time to time, so that nothing
between closes a quiet connection. It ends by itself when the session that opened it does, or when this process drains;
the client comes again with `Last-Event-ID` and misses nothing.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.concurrency.tasks import cancel_all
from shared.http.problems import Problem, busy
from shared.http.session_cookie import Session
from shared.live.updates import Listener, Live, TooManyConnections
from shared.reference.working_time import utc_now

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
LONGEST = timedelta(minutes=15)
COME_AGAIN_MS = (2_000, 5_000)
"""Not all at once, where a process with many of them has ended."""

Seen = Annotated[int, Query(ge=0, le=2**53, description="the version one has; `Last-Event-ID` goes before it")]


def answered(thing: str) -> dict[int | str, dict[str, Any]]:
    """How an endpoint that answers `stream` is described."""
    said = f"Events `changed` with the version; read the {thing} again. Comments keep it alive."
    return {200: {"description": said, "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}


def stream(
    request: Request,
    ids: Sequence[str],
    session: Session | None,
    otherwise: str,
    seen: int,
    pause_seconds: float = 0.0,
) -> "EventStream":
    """For who may see what has these ids. `otherwise` tells clients apart that have no session; `pause_seconds` lie
    between two events, where much may happen and reading it again is dear.

    Raises Problem 429 where this client has too many, 503 where all have, or while this process drains.
    """
    if request.app.state.service.is_draining:
        raise busy()
    live: Live = request.app.state.live
    try:
        listener = live.join(ids, session.id if session else otherwise, last_seen(request.headers, seen))
    except TooManyConnections as error:
        raise refusal(error) from error
    until = session.expires_at if session else utc_now() + LONGEST
    return EventStream(live, listener, until, pause_seconds)


def refusal(error: TooManyConnections) -> Problem:
    if error.of_client:
        return Problem(
            429,
            "too-many-live-connections",
            "Too many of your windows wait for news. Close some, or load the page again to see what is new.",
            "عدد نوافذك التي تنتظر المستجدات كبير. أغلق بعضها، أو أعد تحميل الصفحة لترى الجديد.",
            headers={"Retry-After": "60"},
        )
    return Problem(
        503,
        "too-many-live-connections",
        "Too many wait for news right now. Load the page again to see what is new.",
        "عدد من ينتظرون المستجدات كبير الآن. أعد تحميل الصفحة لترى الجديد.",
        headers={"Retry-After": "60"},
    )


def last_seen(headers: Mapping[str, str], asked: int) -> int:
    """The version that the client has: from `Last-Event-ID` on a reconnection, from the address at first."""
    known = headers.get("last-event-id", "")
    return int(known) if known.isascii() and known.isdecimal() and len(known) < 16 else asked


class EventStream(Response):
    """Holds the listener, and lets it go however the connection ends."""

    media_type = MEDIA_TYPE

    def __init__(self, live: Live, listener: Listener, until: datetime, pause_seconds: float = 0.0) -> None:
        # A compressor would keep events back until it has enough of them.
        super().__init__(headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._live = live
        self._listener = listener
        self._pause_seconds = pause_seconds
        self._until = min(until, utc_now() + LONGEST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            telling = asyncio.ensure_future(self._tell(send))
            gone = asyncio.ensure_future(_disconnected(receive))
            try:
                await asyncio.wait((telling, gone), return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancel_all((telling, gone))
        finally:
            self._live.leave(self._listener)

    async def _tell(self, send: Send) -> None:
        async def say(text: str, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": more})

        await say(f"retry: {random.randint(*COME_AGAIN_MS)}\n\n")
        await self._live.catch_up(self._listener.ids)
        while not self._listener.is_ended:
            left = (self._until - utc_now()).total_seconds()
            if left <= 0:
                break
            version = await self._listener.newer(min(HEARTBEAT_SECONDS, left))
            if version is None:
                await say(": still here\n\n")
            else:
                await say(f"id: {version}\nevent: changed\ndata: {version}\n\n")
                if self._pause_seconds:
                    await asyncio.sleep(self._pause_seconds)
        await say("", more=False)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
