"""Hands over what is due in some lanes of a channel: claims in batches, sends side by side, notes what became of each.

A process that dies between handing over and noting repeats those few with the same Message-ID. A server that is not
there costs no attempts: the dispatcher waits, with growing pauses, and tries with one message.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.aggregates import Document
from shared.messaging import is_outage, patiently
from shared.tasks import together

from notifier import metrics
from notifier.breaker import Breaker
from notifier.channels import Channel, GiveUp, Message, NotNow, RetryLater, Unavailable
from notifier.domain.notifications import Lane, Notification, State
from notifier.domain.outcomes import Outcome, RetryPolicy, by_another_channel
from notifier.planned import Planned
from notifier.repository import Contacts, Notifications, Outcomes
from notifier.use_cases.known import Known
from notifier.use_cases.look_up import LookUp
from notifier.use_cases.release import Releaser
from notifier.use_cases.write import MessageWriter
from shared import tracing

logger = logging.getLogger(__name__)

CLAIMED_TOGETHER = 200
QUEUED_AT_MOST = 100
"""Before more are claimed: enough for the senders while the next claim is made."""
NOTED_TOGETHER = 500
NOTED_EVERY_SECONDS = 0.05
"""So long the first waits for company at most; a crash meanwhile repeats what was handed over in it."""
TOLD_APART = timedelta(milliseconds=10)
"""Mails handed over within such a moment count as handed over together, and are noted by one write."""
LOOK_EVERY_SECONDS = 0.5
LAST_MOMENT_SECONDS = 5.0
"""A claim that ends so soon is not acted upon any more: another may take it."""
DRAIN_SECONDS = 15.0


class _Drained(Exception):
    """Nothing is on its way any more, and nothing new is taken."""


@dataclass(frozen=True)
class _Claimed:
    notification: Notification
    known: Known
    until: float
    """By the monotonic clock, which runs on while a process is stopped."""


class Dispatcher:
    def __init__(
        self,
        channel: Channel,
        lanes: Sequence[Lane],
        notifications: Notifications,
        contacts: Contacts,
        outcomes: Outcomes,
        releaser: Releaser,
        writer: MessageWriter,
        look_up: LookUp,
        policy: RetryPolicy,
        claimant: str,
        claim_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self.channel = channel
        self.lanes = lanes
        self.notifications = notifications
        self.contacts = contacts
        self.outcomes = outcomes
        self.releaser = releaser
        self.writer = writer
        self.look_up = look_up
        self.policy = policy
        self.claimant = claimant
        self.claim_seconds = claim_seconds
        self.lease = timedelta(seconds=claim_seconds)
        self.clock = clock
        self.breaker = Breaker()
        self._woken = asyncio.Event()
        self._planned = Planned(CLAIMED_TOGETHER, LOOK_EVERY_SECONDS)
        self._queue: asyncio.Queue[_Claimed] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._in_flight: set[str] = set()
        self._all_settled = asyncio.Event()
        self._finished: list[Outcome] = []
        self._to_note = asyncio.Event()
        self._is_awaited = asyncio.Event()
        self._is_certain = True
        self._draining = False
        self._ended = asyncio.Event()
        self._ended.set()

    def is_available(self) -> bool:
        return not self.breaker.is_open

    def wake(self) -> None:
        """Something may be due."""
        self._planned.look_next()
        self._woken.set()

    def wake_for(self, planned: Sequence[Document]) -> None:
        """These are due, as far as they are stored."""
        self._planned.add(planned)
        self._woken.set()

    async def succeed(self) -> None:
        """This process alone bears its name now: what an earlier one had claimed under it is taken back."""
        self._is_certain = False
        self.wake()

    async def drain(self) -> None:
        """Take nothing new; wait until what is on its way is through and noted, and give the rest back."""
        self._draining = True
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._ended.wait()

    async def run(self) -> None:
        self._ended.clear()
        self._queue = asyncio.Queue()
        self._in_flight.clear()
        self._all_settled.set()
        self._finished.clear()
        senders = (self._send_queued() for _ in range(self.channel.at_once))
        try:
            await together(self._claim_until_drained(), self._note_finished(), *senders)
        except _Drained:
            return
        finally:
            self._ended.set()

    async def _claim_until_drained(self) -> None:
        await self._claim_due()
        await self._queue.join()
        await self._all_settled.wait()
        raise _Drained

    async def _claim_due(self) -> None:
        """Through every outage of the database: what is on its way must not be dropped for it."""
        while not self._draining:
            self._woken.clear()
            try:
                if not self._is_certain:
                    # An earlier process died with its claims, or a claim whose answer was lost may have been made.
                    await self.notifications.take_back(self.claimant, self._in_flight, self.clock())
                    self._is_certain = True
                pause = await self._claim_once()
            except Exception as error:
                if not is_outage(error):
                    raise
                logger.warning("claiming waits", extra={"reason": type(error).__name__})
                self._is_certain, pause = False, LOOK_EVERY_SECONDS
            if pause:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()

    async def _claim_once(self) -> float:
        """How long to wait for the next claim if nothing wakes us before."""
        if self._queue.qsize() > QUEUED_AT_MOST:
            self._has_room.clear()
            await self._has_room.wait()
        limit = self.breaker.allows(time.monotonic(), CLAIMED_TOGETHER)
        if limit == 0:
            return self.breaker.wait(time.monotonic(), LOOK_EVERY_SECONDS)
        if planned := self._planned.take(limit, self._in_flight):
            await self._claim(self.notifications.claim_planned(planned, self.claimant, self.clock(), self.lease))
        else:
            self._planned.looks()
            claim = self.notifications.claim(
                self.channel.name,
                self.lanes,
                self.claimant,
                limit,
                frozenset(self._in_flight),
                self.clock(),
                self.lease,
            )
            if await self._claim(claim) == limit:
                self._planned.look_next()
        if self.breaker.is_testing:
            await self._queue.join()
        return self._planned.pause

    async def _claim(self, claim: Awaitable[list[Notification]]) -> int:
        until = time.monotonic() + self.claim_seconds
        claimed = await claim
        if not claimed:
            return 0
        self._in_flight.update(notification.id for notification in claimed)
        self._all_settled.clear()
        metrics.CLAIMED.observe(len(claimed))
        try:
            known = await self.look_up.known(claimed)
        except BaseException:
            self._settled(claimed)
            raise
        for notification in claimed:
            self._queue.put_nowait(_Claimed(notification, known, until))
        return len(claimed)

    async def _send_queued(self) -> None:
        while True:
            claimed = await self._queue.get()
            try:
                outcome = await self._attempt(claimed)
                if outcome is None:
                    self._settled([claimed.notification])
                else:
                    self._finished.append(outcome)
                    self._to_note.set()
                    if outcome.waiting_for:
                        self._is_awaited.set()
            finally:
                self._queue.task_done()
                if self._queue.qsize() <= QUEUED_AT_MOST:
                    self._has_room.set()

    async def _attempt(self, claimed: _Claimed) -> Outcome | None:
        """None where the claim is as good as over: whoever holds it next decides."""
        notification = claimed.notification
        if time.monotonic() > claimed.until - LAST_MOMENT_SECONDS:
            return None
        now = self.clock()
        if self._draining or self.breaker.is_open:
            return _given_back(notification, now)
        try:
            ready = self.writer.write(notification, claimed.known, now)
            return ready if isinstance(ready, Outcome) else await self._hand_over(notification, ready)
        except Exception as error:
            # A template or a contact that cannot be used: nothing disappears, it ends as a technical failure.
            logger.exception("notification not made ready", extra={"notification_id": notification.id})
            return self.policy.after_failure(notification, type(error).__name__, now, random.random())

    async def _hand_over(self, notification: Notification, message: Message) -> Outcome:
        era = self.breaker.era
        try:
            attributes = {"tawasul.channel": self.channel.name, "tawasul.template": notification.template}
            with tracing.span(f"hand over by {self.channel.name}", notification.traceparent, attributes):
                handed = await self.channel.send(message)
        except GiveUp as error:
            self._failed("permanent")
            self.breaker.succeeded(era)
            if error.is_dead:
                await self.look_up.is_dead(notification, message.address, self.clock())
            if message.otherwise:
                return by_another_channel(notification, self.clock(), str(error), tried=True)
            return Outcome(notification, State.PERMANENT_FAILURE, str(error), tried=True)
        except RetryLater as error:
            self._failed("retryable")
            self.breaker.succeeded(era)
            now = self.clock()
            return self.policy.after_failure(notification, str(error), now, random.random(), message.otherwise)
        except NotNow as error:
            self._failed("not_now")
            return _given_back(notification, self.clock() + timedelta(seconds=error.seconds))
        except Unavailable as error:
            self._failed("unavailable")
            if self.breaker.failed(era, time.monotonic(), random.random()):
                logger.warning("nothing can be handed over", extra={"channel": self.channel.name, "why": str(error)})
            return _given_back(notification, self.clock())
        self.breaker.succeeded(era)
        now = self.clock()
        since = notification.released_at or notification.event_at
        waited = (now - since).total_seconds()
        metrics.TIME_TO_TELL.labels(self.channel.name, notification.lane).observe(waited)
        return Outcome(notification, State.SENT, tried=True, handed=handed, at=_moment(now))

    def _failed(self, kind: str) -> None:
        metrics.PROVIDER_ERRORS.labels(self.channel.name, kind).inc()

    async def _note_finished(self) -> None:
        """What finishes within a moment leaves together: a transaction of two costs nearly as much as one of twenty.

        What waits for a contact is noted at once, as the contact may have come already.
        """
        while True:
            await self._to_note.wait()
            self._to_note.clear()
            while self._finished:
                if len(self._finished) < NOTED_TOGETHER and not self._draining:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(NOTED_EVERY_SECONDS):
                            await self._is_awaited.wait()
                self._is_awaited.clear()
                batch = self._finished[:NOTED_TOGETHER]
                try:
                    await patiently(lambda batch=batch: self._note(batch))  # type: ignore[misc]
                except Exception as error:
                    if not is_outage(error):
                        raise
                    continue  # what was handed over is held until it can be noted, however long that takes
                del self._finished[: len(batch)]
                self._settled([outcome.notification for outcome in batch])

    def _settled(self, notifications: Iterable[Notification]) -> None:
        self._in_flight.difference_update(notification.id for notification in notifications)
        if not self._in_flight:
            self._all_settled.set()

    async def _note(self, batch: list[Outcome]) -> None:
        now = self.clock()
        noted = await self.outcomes.note(batch, now)
        metrics.NOTED.observe(len(batch))
        for outcome in noted:
            provider = (outcome.handed and outcome.handed.provider) or ""
            metrics.DELIVERIES.labels(self.channel.name, provider, outcome.state.value).inc()
            if outcome.held_until is not None:
                metrics.HELD.labels(outcome.reason).inc()
        # What comes between the claim and this note wakes nobody.
        waiting = sorted({outcome.waiting_for for outcome in noted if outcome.waiting_for})
        if waiting and (arrived := await self.contacts.find(waiting)):
            await self.notifications.wake([key for key, contact in arrived.items() if contact.is_known], now)
            self.wake()
        withheld = sorted({outcome.notification.recipient for outcome in batch if outcome.state is State.WITHHELD})
        if withheld and (found := await self.contacts.find(withheld)):
            confirmed = [key for key, each in found.items() if each.is_confirmed or each.has_number_confirmed]
            if await self.releaser.release(confirmed, now):
                self.wake()


def _moment(at: datetime) -> datetime:
    return at - timedelta(microseconds=at.microsecond % (TOLD_APART // timedelta(microseconds=1)))


def _given_back(notification: Notification, next_at: datetime) -> Outcome:
    """It was not tried."""
    state = State.TEMPORARY_FAILURE if notification.attempts else State.CREATED
    return Outcome(notification, state, notification.reason, next_at=next_at)
