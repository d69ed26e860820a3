"""A real process that is watched in changing ways, and how much of its own time each way took.

`watching intake` serves as intake does, relay and all, until it is stopped; `/bench` tells what was measured.
`watching consumer EVENTS` takes so many events as the router does, and prints it. A way lasts a moment, then comes the
next, round and round: what else happens on the machine meets all of them alike. Counted is this process's time on a
core, its exporting thread included, so it does not matter who else used the other one.
"""

import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any
from uuid import uuid4

import uvloop
from intake.app import create_app
from intake.settings import IntakeSettings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase
from router.settings import RouterSettings
from shared.events.topics import SUBMISSIONS
from shared.messaging.consumer import Consumer
from shared.messaging.inbox import Inbox
from shared.messaging.subscriber import Subscription, make_broker
from shared.operations import observability, tracing
from shared.serving.server import serve
from shared.storage.mongo import connect
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.benchmarks.processes.consumer import PATIENCE_SECONDS, Progress, router

BARE, METRICS, SAMPLED, TRACED = "bare", "metrics", "sampled", "traced"
WAYS = (BARE, METRICS, SAMPLED, TRACED)
LASTS, SETTLES = 600, 100
"""Submissions acknowledged. What the way before began is over by then."""
BATCHES = 4
"""Of the consumer, one after the other in one way."""
EXPORTED_EVERY_MILLISECONDS = 100
SHARES = {SAMPLED: 0.01, TRACED: 1.0}


class _Nothing:
    """Takes what a metric takes."""

    def inc(self, amount: float = 1) -> None: ...

    def dec(self, amount: float = 1) -> None: ...

    def set(self, value: float) -> None: ...

    def observe(self, amount: float) -> None: ...


NOTHING = _Nothing()
WRITES = [(Counter, "inc"), (Gauge, "inc"), (Gauge, "dec"), (Gauge, "set"), (Histogram, "observe")]
REAL = {(kind, name): getattr(kind, name) for kind, name in [*WRITES, (MetricWrapperBase, "labels")]}


def _count(counted: bool) -> None:
    """Whether the metrics of this process count; otherwise writing to one costs a call of an empty function."""
    for (kind, name), real in REAL.items():
        empty = (lambda self, *_, **__: NOTHING) if name == "labels" else getattr(_Nothing, name, None)
        setattr(kind, name, real if counted else empty)
    observability._requests.cache_clear()


class Ways:
    def __init__(self, endpoint: str) -> None:
        self.microseconds: dict[str, list[float]] = {way: [] for way in WAYS}
        self.now = METRICS
        self._provider = _provider(endpoint)
        self._tracer = self._provider.get_tracer("benchmark")

    def enter(self, way: str) -> None:
        self.now = way
        _count(way != BARE)
        tracing.use(self._tracer if way in SHARES else None, SHARES.get(way, 1.0))

    def order(self) -> Sequence[str]:
        """Another one in each round, so that none always comes after the same."""
        return random.sample(WAYS, len(WAYS))

    def flush(self) -> None:
        """Spans to be exported belong to the mode in which they were made."""
        self._provider.force_flush()

    def add(self, done: int, seconds: float) -> None:
        if done:
            self.microseconds[self.now].append(seconds / done * 1e6)

    def document(self) -> dict[str, float]:
        """Microseconds of each way for one of what was done: a quarter of its turns took less. Whatever else a turn
        meets, cold caches or a slower moment of the machine, only ever adds to its time."""
        return {way: quantiles(turns, n=4)[0] for way, turns in self.microseconds.items() if len(turns) > 1}


def _provider(endpoint: str) -> TracerProvider:
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EXPORTED_EVERY_MILLISECONDS))
    return provider


class Changing:
    """Around intake: counts what is acknowledged, and changes the way."""

    def __init__(self, app: ASGIApp, ways: Ways) -> None:
        self.app = app
        self.ways = ways
        self._acknowledged = 0
        self._awaited = 0
        self._reached = asyncio.Event()
        self._turning: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/bench":
            body = json.dumps(self.ways.document()).encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})
            return

        async def _send(message: Any) -> None:
            await send(message)
            if message.get("status") == 201:
                self._acknowledged += 1
                if self._acknowledged == self._awaited:
                    self._reached.set()

        if scope["type"] == "http" and scope["method"] == "POST" and self._turning is None:
            self._turning = asyncio.create_task(self._turn())
        await self.app(scope, receive, _send)

    async def _turn(self) -> None:
        while True:
            for way in self.ways.order():
                self.ways.enter(way)
                await self._more(SETTLES)
                began, before = time.process_time(), self._acknowledged
                await self._more(LASTS)
                await asyncio.to_thread(self.ways.flush)
                await self._more(1)
                self.ways.add(self._acknowledged - before, time.process_time() - began)

    async def _more(self, submissions: int) -> None:
        """Until so many more are acknowledged. All of one write are by then: who waits runs after them."""
        self._awaited = self._acknowledged + submissions
        self._reached.clear()
        await self._reached.wait()


def serve_intake() -> None:
    settings = IntakeSettings()
    app = create_app(settings)
    ways = Ways(settings.tracing_endpoint)
    app.add_middleware(Changing, ways=ways)
    serve(app)


async def consume(events: int) -> None:
    settings = RouterSettings()
    ways = Ways(settings.tracing_endpoint)
    client, database = connect(settings.mongo_uri.get_secret_value(), f"watching-{uuid4()}")
    service = router(database)
    await service.aggregates.ensure_indexes()
    await Inbox(database).ensure_indexes()
    group, progress = f"watching-{uuid4()}", Progress(events)
    consumer: Consumer[Any] = Consumer(
        database,
        service.aggregates,
        service.handlers,
        (SUBMISSIONS,),
        group,
        reference=lambda: service.reference,
        topic_prefix=settings.topic_prefix,
    )
    turns = (way for _ in itertools.count() for way in ways.order() for _ in range(BATCHES))

    async def take(records: Sequence[Any]) -> None:
        ways.enter(next(turns))
        progress.begins()
        began = time.process_time()
        await consumer.take(records)
        ways.flush()
        ways.add(len(records), time.process_time() - began)
        progress.has(len(records))

    broker = make_broker(settings)
    Subscription(broker, settings, "router", (SUBMISSIONS,), group, take)
    await broker.start()
    await asyncio.wait_for(progress.ended.wait(), PATIENCE_SECONDS)
    await broker.stop()
    await client.close()
    print(json.dumps(ways.document()))


if __name__ == "__main__":
    if sys.argv[1] == "intake":
        serve_intake()
    else:
        uvloop.run(consume(int(sys.argv[2])))
