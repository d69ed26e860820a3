"""Limits how often something may be done: buckets by key, in the memory of one process.

N processes allow N times as much. Nothing is stored and nothing is shared: a limit that asked a database at every
request would be the first thing that a flood takes down.
"""

import time
from collections.abc import Callable
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.client_addresses import Addresses
from shared.http.problems import Problem, answer
from shared.operations.metrics import RATE_LIMITED
from shared.operations.rates import Rate

MOST_KEYS = 100_000
"""Per limit, about 10 MB."""

LITTLE_LEFT = 0.25
UNCOUNTED = ("/livez", "/readyz", "/metrics", "/internal/")
"""They never pass the door; an operator who looks must not be shut out by a flood."""


class Limit:
    """A bucket per key, as one number: the time at which it will be full again. Without a rate nothing is limited."""

    def __init__(
        self,
        name: str,
        rate: Rate | None,
        most_keys: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.rate = rate
        self._seconds = float(rate.seconds) if rate else 0.0
        self._each = rate.seconds / rate.count if rate else 0.0
        self._most_missing = self._seconds + 1e-6
        self.little_left = self._seconds * (1 - LITTLE_LEFT)
        self._most_keys = most_keys
        self._clock = clock
        self._full_at: dict[Any, float] = {}

    def take(self, key: Any) -> float:
        """Take one; 0 where there was one, otherwise the seconds until there is (and nothing is taken)."""
        return self.too_long(self.taken(key))

    def too_long(self, missing: float) -> float:
        """Turn what `taken` returned into the seconds to wait, 0 for none."""
        return missing - self._seconds if missing > self._most_missing else 0.0

    def taken(self, key: Any) -> float:
        """Take one; how many seconds the bucket now needs to be full again, more than `rate.seconds` where it was empty
        (and nothing is taken)."""
        each = self._each
        if not each:
            return 0.0
        now = self._clock()
        missing = self._full_at.get(key, 0.0) - now
        missing = missing + each if missing > 0 else each
        if missing <= self._most_missing:
            self._full_at[key] = now + missing
            if len(self._full_at) > self._most_keys:
                self._make_room(now)
        return missing

    def wait(self, key: Any) -> float:
        """As `take`, and nothing is taken."""
        wait = self._full_at.get(key, 0.0) + self._each - self._clock() - self._seconds
        return wait if self._each and wait > 1e-6 else 0.0

    def give_back(self, key: Any) -> None:
        if key in self._full_at:
            self._full_at[key] -= self._each

    def is_touched(self, key: Any) -> bool:
        """Whether anything was taken that has not come back by now."""
        return self._full_at.get(key, 0.0) > self._clock()

    def left(self, key: Any) -> int:
        missing = max(0.0, self._full_at.get(key, 0.0) - self._clock())
        return int((self._seconds - missing) / self._each + 1e-6) if self._each else 0

    def headers(self, key: Any, wait: float = 0.0) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers names them."""
        if self.rate is None:
            return {}
        until = ceil(wait or self._each)
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.rate.count};w={self.rate.seconds}',
            "RateLimit": f'"{self.name}";r={self.left(key)};t={until}',
        }

    def refusal(self, key: Any, wait: float, en: str, ar: str) -> Problem:
        """429, counted."""
        RATE_LIMITED.labels(self.name).inc()
        headers = {"Retry-After": str(max(1, ceil(wait))), **self.headers(key, wait)}
        return Problem(429, f"too-many-{self.name}", en, ar, headers=headers)

    def _make_room(self, now: float) -> None:
        """Full buckets are as good as none; where that is not enough, the oldest keys begin anew."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        excess = len(self._full_at) - self._most_keys * 9 // 10
        for key in list(self._full_at)[: max(0, excess)]:
            del self._full_at[key]


def too_many_requests(limit: Limit, key: Any, wait: float) -> Problem:
    return limit.refusal(
        key,
        wait,
        "More was asked from your address in a short time than we can answer. Please wait a moment.",
        "وصلنا من عنوانك في وقت قصير أكثر مما يمكننا الإجابة عنه. يرجى الانتظار قليلًا.",
    )


class Limited:
    """ASGI middleware: every request of an address counts. Who has little left is told how much."""

    def __init__(self, app: ASGIApp, limit: Limit, addresses: Addresses) -> None:
        self.app = app
        self.limit = limit
        self.addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNCOUNTED):
            await self.app(scope, receive, send)
            return
        limit = self.limit
        address = scope["tawasul.address"] = self.addresses.of(scope)
        missing = limit.taken(address)
        if missing <= limit.little_left:  # one comparison for nearly everybody
            await self.app(scope, receive, send)
            return
        if wait := limit.too_long(missing):
            problem = too_many_requests(limit, address, wait)
            await answer(Request(scope), problem)(scope, receive, send)
            return
        headers = [(n.lower().encode(), v.encode()) for n, v in self.limit.headers(address).items()]

        async def _send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self.app(scope, receive, _send)


def address_of(request: Request) -> str:
    """By which this request was counted."""
    counted: str | None = request.scope.get("tawasul.address")
    if counted is None:
        addresses: Addresses = request.app.state.addresses
        counted = request.scope["tawasul.address"] = addresses.of(request.scope)
    return counted


def uncount(request: Request) -> None:
    """Take a request out of the count: its caller is known and may ask without limit (an import)."""
    limit: Limit = request.app.state.request_limit
    limit.give_back(address_of(request))
