"""Delivers webhooks: each endpoint's in order, by one process at a time, many endpoints side by side.

What an endpoint does not take waits, and everything behind it, with growing pauses; after so many attempts the
endpoint is paused and its owner told. A process that dies between sending and noting sends that one again, with the
same `webhook-id`.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from shared.concurrency.tasks import cancel_all
from shared.messaging.consumer import is_outage, retry_transient
from shared.storage.aggregates import VersionMiss

from notifier import metrics
from notifier.channels import NotTried
from notifier.channels.webhook import Poster
from notifier.notifications.outcomes import RetryPolicy
from notifier.outbound.rate_limit import RateLimiter
from notifier.webhooks.commands import SubscriberSnapshot
from notifier.webhooks.delivery_store import WebhookDeliveries
from notifier.webhooks.endpoint_store import ClaimedEndpoint, WebhookEndpoints
from notifier.webhooks.model import Delivery, Try, Verdict, verdict
from notifier.webhooks.pausing import PauseDeadEndpoint
from notifier.webhooks.sending import SecretBox, attempt

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
RENEW_EVERY_SECONDS = 2.0
TAKEN_TOGETHER = 20
NOTING_SECONDS = 5.0
TURN_SECONDS = 30.0
"""Then others may come first: slow endpoints with much that waits must not keep all the places."""
DRAIN_SECONDS = 20.0


class WebhookSender:
    def __init__(
        self,
        endpoints: WebhookEndpoints,
        deliveries: WebhookDeliveries,
        subscribers: SubscriberSnapshot,
        poster: Poster,
        secrets: SecretBox,
        give_up: PauseDeadEndpoint,
        policy: RetryPolicy,
        claimant: str,
        claim_seconds: float,
        at_once: int,
        per_second: float | None,
        clock: Callable[[], datetime],
    ) -> None:
        self.endpoints = endpoints
        self.deliveries = deliveries
        self.subscribers = subscribers
        self.poster = poster
        self.secrets = secrets
        self.give_up = give_up
        self.policy = policy
        self.claimant = claimant
        self.lease = timedelta(seconds=max(claim_seconds, poster.outside.timeout_seconds + NOTING_SECONDS))
        """Renewed before each delivery."""
        self.at_once = at_once
        self.per_second = per_second
        self.clock = clock
        self._woken = asyncio.Event()
        self._paces: dict[str, RateLimiter] = {}
        """The rate limiters by endpoint."""
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._renewed = float("-inf")
        self._draining = False

    def wake(self) -> None:
        """Something may wait."""
        self._woken.set()

    async def succeed(self) -> None:
        """This process alone bears its name now: what an earlier one had claimed under it is taken back."""
        await self.endpoints.take_back(self.claimant)
        await self.subscribers.renew()
        self.wake()

    async def drain(self) -> None:
        """Begin nothing new; what is on its way comes to its end and is noted."""
        self._draining = True
        self.wake()
        if self._serving:
            await asyncio.wait(list(self._serving.values()), timeout=DRAIN_SECONDS)
        await self.poster.close()

    async def run(self) -> None:
        try:
            while not self._draining:
                self._woken.clear()
                try:
                    await self._look()
                except Exception as error:
                    if not is_outage(error):
                        raise
                    logger.warning("webhooks paused: database unavailable", extra={"reason": type(error).__name__})
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_SECONDS):
                        await self._woken.wait()
        finally:
            if not self._draining:
                await cancel_all(list(self._serving.values()))

    async def _look(self) -> None:
        if time.monotonic() - self._renewed > RENEW_EVERY_SECONDS:
            await self.subscribers.renew()
            self._renewed = time.monotonic()
            self._paces = {id: self._pace_of(id) for id, _ in self.subscribers.now}
        if not self.subscribers.now:
            return
        waited_for = await self.endpoints.claimable(list(self._serving), self.clock())
        places = 0 if self._draining else max(0, self.at_once - len(self._serving))
        for id in random.sample(waited_for, min(places, len(waited_for))):
            task = asyncio.create_task(self._serve(id), name=f"webhook {id}")
            self._serving[id] = task
            task.add_done_callback(lambda done, id=id: self._served(id, done))  # type: ignore[misc]

    def _served(self, id: str, done: "asyncio.Task[None]") -> None:
        self._serving.pop(id, None)
        self.wake()
        error = None if done.cancelled() else done.exception()
        if error is not None and not is_outage(error):
            logger.error("endpoint could not be served", extra={"endpoint": id}, exc_info=error)

    async def _serve(self, id: str) -> None:
        """Until nothing waits, it takes nothing, its turn ends, or somebody else has it."""
        token = f"{self.claimant}/{uuid4()}"
        claimed = await self.endpoints.claim(id, token, self.clock(), self.clock() + self.lease)
        if claimed is None:
            return
        pause = timedelta()
        try:
            pause = await self._send_waiting(claimed)
        finally:
            await retry_transient(lambda: self.endpoints.release(claimed, self.clock() + pause))
            if pause:
                asyncio.get_running_loop().call_later(pause.total_seconds(), self.wake)

    async def _send_waiting(self, claimed: ClaimedEndpoint) -> timedelta:
        """For how long the endpoint is left alone then."""
        ends = time.monotonic() + TURN_SECONDS
        while waiting := await self.deliveries.next(claimed.id, TAKEN_TOGETHER):
            for delivery in waiting:
                await self._pace_of(claimed.id).turn()
                # Lost, paused or changed by its owner: that holds from the next one on.
                renewed = await self.endpoints.renew(claimed, self.clock() + self.lease)
                if renewed is None or self._draining or time.monotonic() > ends:
                    return timedelta()
                if pause := await self._send(renewed, delivery):
                    return pause
        return timedelta()

    def _pace_of(self, id: str) -> RateLimiter:
        return self._paces.setdefault(id, RateLimiter(self.per_second))

    async def _send(self, claimed: ClaimedEndpoint, delivery: Delivery) -> timedelta | None:
        """None where it was taken; otherwise for how long the endpoint is left alone."""
        try:
            tried = await attempt(self.poster, self.secrets, claimed.id, claimed.endpoint, delivery, self.clock)
        except NotTried as error:
            return timedelta(seconds=error.seconds)
        said = verdict(tried.status)
        metrics.WEBHOOK_ATTEMPTS.labels("delivered" if said == "taken" else "failed").inc()
        await retry_transient(lambda: self.deliveries.note(delivery, tried, done=said == "taken"))
        if said != "taken":
            return await self._failed(claimed, tried, said)
        metrics.WEBHOOK_TIME.observe(max(0.0, (self.clock() - delivery.event_at).total_seconds()))
        if claimed.failures:
            await self.endpoints.recovered(claimed)
        return None

    async def _failed(self, claimed: ClaimedEndpoint, tried: Try, said: Verdict) -> timedelta:
        failures = claimed.failures + 1
        await retry_transient(lambda: self.endpoints.failed(claimed, self.clock()))
        if said == "gone" or failures >= self.policy.attempts:
            why = str(tried.status) if tried.status is not None else str(tried.reason)
            with contextlib.suppress(VersionMiss):  # its owner is at it: one more attempt
                if await self.give_up(claimed.id, why):
                    logger.warning("endpoint paused", extra={"endpoint": claimed.id, "why": why})
        return self.policy.pause(failures, random.random())
