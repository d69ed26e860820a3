"""The frame every service runs in: connections, background workers, health, and an orderly end.

A service's `app.py` builds one `Service`, gives it its collections, consumers and workers, and returns its FastAPI
application. Start-up never fails because Kafka or MongoDB is not there yet: it waits, answers `/livez`, and is ready
when it makes progress.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.comparison.reconciler import Patience, Reconciler
from shared.comparison.record_search import RecordSearch
from shared.concurrency.shutdown import finish_within
from shared.concurrency.tasks import cancel_all
from shared.events.asyncapi import asyncapi
from shared.events.topics import Topic, dead_letter_topic
from shared.http import problems
from shared.http.auth import Authenticator
from shared.http.client_addresses import Addresses
from shared.http.csrf import origin_of
from shared.http.rate_limits import Limit, Limited
from shared.http.session_cookie import SessionKeys
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.inbox import Inbox
from shared.messaging.kafka import ensure_topics
from shared.messaging.lost_clients import ClientLost, watch
from shared.messaging.relay import BREATH_SECONDS, Relay, holder_name
from shared.messaging.subscriber import GRACEFUL_SECONDS, IN_BATCHES, SELDOM, Fetching, Subscription, make_broker
from shared.operations import observability
from shared.operations.metrics import DEAD_LETTERS, DEAD_LETTERS_HELD
from shared.operations.settings import ServiceSettings
from shared.operator_api.dead_letters import router as dead_letters_router
from shared.operator_api.reconciliation import router as reconciliation_router
from shared.privacy.audit import Audit
from shared.reconciliation.differences import Rule
from shared.reconciliation.statements import Statements, Stating
from shared.serving import database_gate as gate
from shared.serving.fast_routes import Application
from shared.serving.supervision import supervised, until_started
from shared.storage.lease import RENEWAL_SECONDS, TERM, Lease
from shared.storage.mongo import connect
from shared.web import session_end

logger = logging.getLogger(__name__)

MEASURED_EVERY_SECONDS = 5.0
CLOSING_SECONDS = GRACEFUL_SECONDS + 5.0
"""How long what is on its way may take to its end, and beside it the consumers.

An orderly end in seconds, of the 60 that containers are given (`stop_grace_period`, `graceSeconds`): 5 not ready with
the door open (`drainSeconds`), 20 for the requests (`server.REQUESTS_SECONDS`), these 25, 1 for whoever must be
cancelled, 3 for the workers (2 of them the relay's producer), 3 and 1 with the database: 58.
"""
LOST_CLOSING_SECONDS = 3.0
"""For consumers of which one is lost, which would never end, and what it had is given out again."""
LEAVING_SECONDS = 3.0
"""For the last words to the database. The claim of this process's ordinal lapses by itself."""
NEED_DATABASE = ("/api/", "/internal/")
"""In every service; each names its own pages besides."""


class Store(Protocol):
    """A collection that needs its indexes before the service starts."""

    async def ensure_indexes(self) -> None: ...


class Service:
    """`name` is the service's name in paths and metrics: intake, router, sla-monitor, notifier.

    `need_database`: how the paths begin that answer 503 until the database is there, as everything below `/api/` does.
    `breath`: the relay's, in seconds. `stating`: of which collection it states what was published.
    """

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        outboxes: Sequence[str],
        need_database: Sequence[str] = (),
        breath: float = BREATH_SECONDS,
        stating: Sequence[Stating] = (),
    ) -> None:
        self.name = name
        self.need_database = (*NEED_DATABASE, *need_database)
        self.settings = settings
        # Systems that share a broker by a prefix must not share members: those would get each other's partitions.
        self.group = f"{settings.topic_prefix}tawasul-{name}"
        self.client, self.database = connect(
            settings.mongo_uri.get_secret_value(), settings.mongo_database or f"tawasul_{name.replace('-', '_')}"
        )
        self.holder = holder_name(name, settings.ordinal, datetime.now(UTC))
        self.broker = make_broker(settings)
        self.dead_letters = DeadLetters(self.database, self.group)
        outboxes = [*outboxes, self.dead_letters.collection.name]
        self.statements = Statements(
            self.database,
            stating,
            f"/tawasul/{name}",
            settings.reconcile_every_seconds,
            settings.reconcile_all_within_seconds,
        )
        self.relay = Relay(self.database, outboxes, settings, self.holder, breath=breath, statements=self.statements)
        self.reconciler: Reconciler | None = None
        self.audit = Audit(self.database, self.holder, settings.audit_keys.get_secret_value())
        self.subscriptions: list[Subscription] = []
        self.stores: list[Store] = [self.dead_letters, Inbox(self.database), self.audit]
        self.workers: dict[str, Callable[[], Awaitable[None]]] = {
            "relay": self.relay.run,
            "audit-seals": self.audit.seal_each_minute,
        }
        self.before_consuming: list[Callable[[], Awaitable[None]]] = []
        self.before_closing: dict[str, Callable[[], Awaitable[None]]] = {"audit": self.audit.drain}
        """Side by side, with the consumers: none may need what another closes, and no batch in hand either."""
        self.is_started = False
        self.is_draining = False
        self.must_exit = ""
        self._closing_seconds = CLOSING_SECONDS
        self.ordinal = Lease(self.database, f"ordinal-{settings.ordinal}", self.holder)
        self._tasks: list[asyncio.Task[None]] = []

    def subscribe(
        self,
        topics: Sequence[Topic],
        take: Callable[..., Awaitable[None]],
        group: str | None = None,
        waits_on_purpose: Callable[[], bool] = lambda: False,
        fetching: Fetching = IN_BATCHES,
    ) -> None:
        """`waits_on_purpose`: messages wait for something that only a ready service can be given."""
        for topic in topics:  # so that `rate()` sees the first increment
            DEAD_LETTERS.labels(topic.name)
        self.subscriptions.append(
            Subscription(
                self.broker,
                self.settings,
                self.name,
                topics,
                group or self.group,
                take,
                waits_on_purpose,
                fetching,
            )
        )

    def reconcile(
        self,
        consumer: Consumer[Any],
        rules: Sequence[Rule],
        reasons: Mapping[str, Callable[[], Awaitable[int]]] = MappingProxyType({}),
    ) -> None:
        """Hold what the owners state against what `consumer` has made of it (ADR 49). `reasons` count the cases that
        lack something for a reason that is stated."""
        settings = self.settings
        replay = timedelta(seconds=settings.replay_differences_after_seconds)
        reconciler = Reconciler(
            self.database,
            rules,
            consumer.take,
            RecordSearch(settings, self.group),
            self.group,
            Patience(timedelta(seconds=settings.difference_after_seconds), replay or None),
            settings.topic_prefix,
            reasons=reasons,
        )
        self.subscribe(reconciler.topics, reconciler.hear, f"{self.group}-statements", fetching=SELDOM)
        reconciler.is_responsible = self.subscriptions[-1].has_partitions
        self.reconciler = reconciler
        self.stores.append(reconciler)
        self.workers["reconciler"] = reconciler.keep_looking

    def application(self, **details: Any) -> Application:
        """The HTTP side, with what every service answers."""
        prefix = f"/api/{self.name}/v1"
        app = Application(
            lifespan=self._lifespan,
            openapi_url=f"{prefix}/openapi.json",
            docs_url=f"{prefix}/docs",
            redoc_url=None,
            telemetry={"tracing": False, "metrics": False, "logs": False},  # ours are in `observability`
            **details,
        )
        app.state.service = self
        app.state.audit = self.audit
        settings = self.settings
        app.state.authenticator = Authenticator(
            settings.oidc_issuer, settings.oidc_audience, settings.oidc_discovery_url
        )
        session_keys = settings.session_keys.get_secret_value()
        app.state.session_keys = SessionKeys(session_keys) if session_keys else None
        app.state.origin = origin_of(settings.public_url)
        app.state.is_secure = app.state.origin.startswith("https:")
        problems.install(app)
        gate.install(app)
        session_end.install(app)
        app.state.addresses = Addresses(settings.trusted_proxies)
        app.state.request_limit = Limit("requests", settings.rate(settings.limit_requests))
        app.add_middleware(gate.DatabaseGate, is_open=self._is_open_for)
        if app.state.request_limit.rate is not None:
            app.add_middleware(Limited, limit=app.state.request_limit, addresses=app.state.addresses)
        app.add_middleware(observability.Observed)
        if settings.tracing_endpoint:
            app.add_middleware(observability.Traced)
        app.include_router(dead_letters_router)
        app.include_router(reconciliation_router)
        consumed = [topic for subscription in self.subscriptions for topic in subscription.topics]

        async def livez(request: Request) -> Response:
            return JSONResponse({"status": "alive"})

        async def readyz(request: Request) -> Response:
            why_not = self.why_not_ready()
            return JSONResponse({"ready": not why_not, "waiting_for": why_not}, 503 if why_not else 200)

        async def metrics(request: Request) -> Response:
            return observability.metrics_response()

        async def describe(request: Request) -> Response:
            return JSONResponse(asyncapi(self.name, consumed))

        for path, endpoint in {
            "/livez": livez,
            "/readyz": readyz,
            "/metrics": metrics,
            f"{prefix}/asyncapi.json": describe,
        }.items():
            app.add_route(path, endpoint, include_in_schema=False)
        return app

    def why_not_ready(self) -> list[str]:
        """Why the process is stuck, in a few words; empty when it makes progress."""
        if self.is_draining:
            return ["draining"]
        if not self.is_started:
            return ["MongoDB"]
        if not self.broker_started:
            return ["Kafka"]
        stuck = [
            topic.name
            for subscription in self.subscriptions
            if not subscription.is_progressing(self.settings.stuck_after_seconds)
            for topic in subscription.topics
        ]
        return [f"progress on {name}" for name in stuck]

    broker_started = False

    def _is_open_for(self, path: str) -> bool:
        return self.is_started or not path.startswith(self.need_database) or path.endswith("api.json")

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        self._tasks.append(asyncio.create_task(self._start(), name="start"))
        try:
            yield
        finally:
            await self._stop()

    async def _start(self) -> None:
        await until_started("MongoDB", self._prepare_database)
        self.is_started = True
        logger.info("accepting requests")
        measures = {"measure": self._measure, "measure consumers": self._measure_consumers}
        for name, worker in (self.workers | measures).items():
            self._supervise(name, worker)
        if not await self._claim_ordinal():
            return
        self._supervise("watch consumers", self._watch_consumers)
        await until_started("Kafka", self._start_consuming)
        self.broker_started = True
        logger.info("consuming")

    def _supervise(self, name: str, worker: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(supervised(name, worker), name=name))

    async def _claim_ordinal(self) -> bool:
        """Two processes with one ordinal would throw each other out of the consumer group for ever: the second ends.

        The claim of a process that was killed lapses within the lease's term.
        """
        deadline = asyncio.get_running_loop().time() + 3 * TERM.total_seconds()
        while not await self._holds_ordinal():
            if asyncio.get_running_loop().time() > deadline:
                self._exit_for_ordinal()
                return False
            await asyncio.sleep(0.2)
        self._supervise("ordinal", self._keep_ordinal)
        return True

    def _exit_for_ordinal(self) -> None:
        logger.critical("ordinal taken", extra={"ordinal": self.settings.ordinal})
        self._exit(f"another process of {self.name} runs with ordinal {self.settings.ordinal}")

    def _exit(self, why: str) -> None:
        """Orderly, and not as if all were well: whoever started this process starts the next."""
        self.must_exit = why
        signal.raise_signal(signal.SIGTERM)

    async def _holds_ordinal(self) -> bool:
        held = False

        async def _renew() -> None:
            nonlocal held
            held = await self.ordinal.renew()

        await until_started("MongoDB", _renew)
        return held

    async def _keep_ordinal(self) -> None:
        while True:
            if not await self.ordinal.renew():
                return self._exit_for_ordinal()
            await asyncio.sleep(RENEWAL_SECONDS)

    async def _prepare_database(self) -> None:
        for store in self.stores:
            await store.ensure_indexes()

    async def _start_consuming(self) -> None:
        # All subscriptions of a service set aside under its own group, whichever group they read with.
        letters = tuple(
            dead_letter_topic(topic.name, self.group)
            for subscription in self.subscriptions
            for topic in subscription.topics
        )
        await ensure_topics(self.settings, letters)
        for prepare in self.before_consuming:
            await prepare()
        if self.subscriptions:
            try:
                await self.broker.start()
            except BaseException:
                await self._stop_consuming()
                raise

    async def _stop_consuming(self) -> None:
        stopping = asyncio.ensure_future(self.broker.stop())
        try:
            await asyncio.wait([stopping], timeout=self._closing_seconds)
        finally:
            await cancel_all([stopping])

    async def _measure(self) -> None:
        while True:
            await self.relay.measure()
            DEAD_LETTERS_HELD.set(await self.dead_letters.held())
            await asyncio.sleep(MEASURED_EVERY_SECONDS)

    async def _measure_consumers(self) -> None:
        """Apart: an outage of MongoDB must not hide what waits for it."""
        while True:
            for subscription in self.subscriptions:
                await subscription.progress.measure()
            await asyncio.sleep(MEASURED_EVERY_SECONDS)

    async def _watch_consumers(self) -> None:
        """End the process when a consumer cannot recover: the next one goes on from the last durable batch (ADR 48)."""
        try:
            await watch(*(each.lost for each in self.subscriptions))
        except ClientLost as lost:
            logger.critical("consumer lost", extra={"task": str(lost)})
            self._closing_seconds = LOST_CLOSING_SECONDS
            self._exit(f"a consumer of {self.name} lost a task, {lost}")

    async def _stop(self) -> None:
        self.is_draining = True
        await finish_within({**self.before_closing, "consumers": self._stop_consuming}, CLOSING_SECONDS)
        await cancel_all(self._tasks)
        await finish_within({"database": self._leave_database}, LEAVING_SECONDS)
        logger.info("stopped")

    async def _leave_database(self) -> None:
        with contextlib.suppress(Exception):
            await self.ordinal.release()
        await self.client.close()
