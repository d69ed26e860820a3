"""The load generator: a process of its own that posts bodies over kept connections and says how long answers took.

`load URLS BODIES SECONDS --connections 64`: closed model, every connection posts again when it was answered: the most
that the server can do. Several URLs, with commas between, share the connections. `--rate R`: open model, requests leave
at fixed times whether earlier ones were answered or not, and each answer counts from the time its request was meant to
leave. What comes late because the server, or this process, was slow is therefore never hidden. HTTP is read no further
than counting needs: the generator must be cheap.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

MOST_CONNECTIONS = 2_000
LAST_ANSWERS_SECONDS = 10.0
LONGEST_REST_SECONDS = 3.0

Answered = Callable[["Connection", int], None]


class Connection(asyncio.Protocol):
    """One request at a time; `answered` is told the status. A connection that breaks answers with status 0."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None
        self._waits = False
        self.due = 0.0
        self.answered_at = time.perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's are, but do not say so

    def post(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self.due, self._waits = due, True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        head = received.find(b"\r\n\r\n")
        if head < 0 or len(received) < head + 4 + _length(received[:head]):
            self._received = received
            return
        self._received, self._waits = b"", False
        self.answered_at = time.perf_counter()
        self.answered(self, int(received[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._waits:
            self._waits = False
            self.answered(self, 0)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class Load:
    def __init__(self, urls: list[str], bodies: list[bytes]) -> None:
        parts = [urlsplit(url) for url in urls]
        self.addresses = itertools.cycle([(part.hostname or "127.0.0.1", part.port or 80) for part in parts])
        head = f"POST {parts[0].path} HTTP/1.1\r\nHost: {parts[0].netloc}\r\nContent-Type: application/json\r\n"
        made = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
        self.requests: Iterator[bytes] = itertools.cycle(made)
        self.loop = asyncio.get_running_loop()
        self.latencies: list[float] = []
        self.errors = 0
        self.idle: deque[Connection] = deque()
        self.open = 0

    async def connect(self, answered: Answered) -> Connection:
        _, connection = await self.loop.create_connection(lambda: Connection(answered), *next(self.addresses))
        self.open += 1
        return connection

    def count(self, connection: Connection, status: int) -> None:
        self.latencies.append(connection.answered_at - connection.due if status else LAST_ANSWERS_SECONDS)
        self.errors += status != 201

    async def closed(self, connections: int, seconds: float) -> float:
        """Post over so many connections for so long; the seconds it took."""
        began = time.perf_counter()
        ends = began + seconds
        all_answered = asyncio.Event()
        busy = connections

        def answered(connection: Connection, status: int) -> None:
            nonlocal busy
            self.count(connection, status)
            now = time.perf_counter()
            if now < ends and connection.is_open:
                connection.post(next(self.requests), now)
                return
            busy -= 1
            if not busy:
                all_answered.set()

        for connection in [await self.connect(answered) for _ in range(connections)]:
            connection.post(next(self.requests), time.perf_counter())
        await asyncio.wait_for(all_answered.wait(), seconds + LAST_ANSWERS_SECONDS)
        return time.perf_counter() - began

    async def paced(self, rate: float, connections: int, seconds: float) -> float:
        """Post at this rate for so long, over the connections that are left of the time before; the seconds it took."""
        total, before = round(rate * seconds), len(self.latencies)
        all_answered = asyncio.Event()

        def answered(connection: Connection, status: int) -> None:
            self.count(connection, status)
            if connection.is_open:
                self.idle.append(connection)
            if len(self.latencies) - before == total:
                all_answered.set()

        for kept in self.idle:
            kept.answered = answered
        self.idle.extend([await self.connect(answered) for _ in range(connections - len(self.idle))])
        extra: set[asyncio.Task[None]] = set()
        began = time.perf_counter()
        for number in range(total):
            due = began + number / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            if (connection := self._kept()) is not None:
                connection.post(next(self.requests), due)
            elif self.open < MOST_CONNECTIONS:
                task = asyncio.create_task(self._post_on_new(answered, due))
                extra.add(task)
                task.add_done_callback(extra.discard)
        took = time.perf_counter() - began
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(all_answered.wait(), LAST_ANSWERS_SECONDS)
        self.errors += total - (len(self.latencies) - before)
        return took

    def _kept(self) -> Connection | None:
        """The one that rests longest, so that none rests for long: servers close those."""
        while self.idle:
            connection = self.idle.popleft()
            if connection.is_open and time.perf_counter() - connection.answered_at < LONGEST_REST_SECONDS:
                return connection
            connection.close()
            self.open -= 1
        return None

    async def _post_on_new(self, answered: Answered, due: float) -> None:
        with contextlib.suppress(OSError):  # counted with all that got no answer
            (await self.connect(answered)).post(next(self.requests), due)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("urls")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=float)
    asked = parser.parse_args()
    load = Load(asked.urls.split(","), asked.bodies.read_bytes().split(b"\n"))
    if asked.rate:
        took = await load.paced(asked.rate, asked.connections, asked.seconds)
    else:
        took = await load.closed(asked.connections, asked.seconds)
    answers = sorted(load.latencies)
    shares = {f"p{share:g}": answers[int(len(answers) * share / 100)] * 1_000 for share in (50, 99)}
    print(
        json.dumps(
            {
                "answered": len(answers),
                "errors": load.errors,
                "seconds": took,
                "per_second": (len(answers) - load.errors) / took,
                "longest": answers[-1] * 1_000,
                **shares,
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
