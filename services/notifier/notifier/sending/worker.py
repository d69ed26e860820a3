"""Hands over what is due in some lanes of a channel: claims in batches, sends side by side, notes what became of each.

A process that dies between handing over and noting repeats those few with the same Message-ID. A server that is not
there costs no attempts: the dispatcher waits, with growing pauses, and tries with one message.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.concurrency.tasks import run_until_first_failure
from shared.messaging.consumer import is_outage, may_be_stored
from shared.operations import tracing
from shared.storage.aggregates import Document

from notifier import metrics
from notifier.channels import Channel, GiveUp, Message, NotTried, RetryLater, Unavailable
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.recipient_lookup import RecipientLookup
from notifier.contacts.store import Contacts
from notifier.deferral.confirmed_release import Releaser
from notifier.notifications.model import Lane, Notification, State
from notifier.notifications.outcome_store import Outcomes
from notifier.notifications.outcomes import Outcome, RetryPolicy, by_another_channel
from notifier.notifications.store import Notifications, claimed, read_notification
from notifier.sending.circuit_breaker import Breaker
from notifier.sending.outcome_batcher import OutcomeBatcher
from notifier.sending.poll_timer import PollTimer
from notifier.sending.writing import MessageWriter

logger = logging.getLogger(__name__)

CLAIMED_TOGETHER = 200
QUEUED_AT_MOST = 100
"""Before more are claimed: enough for the senders while the next claim is made."""
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
    known: RecipientFacts
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
        recipient_lookup: RecipientLookup,
        policy: RetryPolicy,
        claimant: str,
        claim_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self.channel = channel
        self.lanes = lanes
        self.notifications = notifications
        self.writer = writer
        self.recipient_lookup = recipient_lookup
        self.policy = policy
        self.claimant = claimant
        self.claim_seconds = claim_seconds
        self.lease = timedelta(seconds=claim_seconds)
        self.clock = clock
        self.breaker = Breaker()
        self._woken = asyncio.Event()
        self._look = PollTimer(LOOK_EVERY_SECONDS)
        self._planned: list[tuple[Sequence[Notification], float]] = []
        """Claimed by the batches that planned them, each until then."""
        self._queue: asyncio.Queue[_Claimed] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._in_flight: set[str] = set()
        self._all_settled = asyncio.Event()
        self._noting = OutcomeBatcher(
            channel.name, notifications, contacts, outcomes, releaser, self._settled, self.wake, clock
        )
        self._doubts = 0
        self._draining = False
        self._ended = asyncio.Event()
        self._ended.set()

    def is_available(self) -> bool:
        return not self.breaker.is_open

    def wake(self) -> None:
        """Something may be due."""
        self._look.next()
        self._woken.set()

    @contextlib.contextmanager
    def storing(self, planned: Mapping[str, Document], stored: Container[str]) -> Iterator[None]:
        """While these are written, which are due now. Where they can be handed over at once they are claimed by that
        write, so that no other process ever finds them. What is not among `stored` at its end stood there already."""
        if not self._takes(planned):
            yield
            self.wake()
            return
        until = time.monotonic() + self.claim_seconds
        claim = claimed(self.claimant, self.clock(), self.lease)
        for document in planned.values():
            document.update(claim)
        mine = [read_notification(document) for document in planned.values()]
        self._take(mine)
        try:
            yield
        except BaseException as error:
            self._settled(mine)
            if may_be_stored(error):
                self._doubt()
            raise
        self._settled(each for each in mine if each.id not in stored)
        # After a restart of this dispatcher nothing is its own any more: another claims it when the lease is over.
        mine = [each for each in mine if each.id in self._in_flight]
        self._planned.append((sorted(mine, key=lambda each: each.event_at), until))
        if self._draining:
            self._give_back_planned()
        self._woken.set()

    def _takes(self, planned: Collection[str]) -> bool:
        """Whether these can be handed over now, and nothing that is older may wait."""
        if self._ended.is_set() or self._draining or self._doubts or not self.breaker.is_closed:
            return False
        has_room = len(self._in_flight) + len(planned) <= CLAIMED_TOGETHER
        return has_room and self._look.pause > 0 and self._in_flight.isdisjoint(planned)

    async def succeed(self) -> None:
        """This process alone bears its name now: what an earlier one had claimed under it is taken back."""
        self._doubt()

    async def drain(self) -> None:
        """Take nothing new; wait until what is on its way is through and noted, and give the rest back."""
        self._draining = True
        self._noting.hurry()
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._ended.wait()

    async def run(self) -> None:
        self._ended.clear()
        self._queue = asyncio.Queue()
        self._planned.clear()
        self._in_flight.clear()
        self._all_settled.set()
        senders = (self._send_queued() for _ in range(self.channel.at_once))
        try:
            await run_until_first_failure(self._claim_until_drained(), self._noting.run(), *senders)
        except _Drained:
            return
        finally:
            self._ended.set()

    async def _claim_until_drained(self) -> None:
        await self._claim_due()
        self._give_back_planned()
        await self._queue.join()
        await self._all_settled.wait()
        raise _Drained

    async def _claim_due(self) -> None:
        """Through every outage of the database: what is on its way must not be dropped for it."""
        while not self._draining:
            self._woken.clear()
            try:
                if self._doubts:
                    await self._take_back()
                pause = await self._claim_once()
            except Exception as error:
                if not is_outage(error):
                    raise
                logger.warning("claiming paused: database unavailable", extra={"reason": type(error).__name__})
                self._doubts += 1
                pause = LOOK_EVERY_SECONDS
            if pause:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()

    def _doubt(self) -> None:
        """Something may be claimed of which nobody knows here: an earlier process died with its claims, or the answer
        to a claim was lost."""
        self._doubts += 1
        self.wake()

    async def _take_back(self) -> None:
        doubts = self._doubts
        await self.notifications.take_back(self.claimant, self._in_flight, self.clock())
        self._doubts -= doubts

    async def _claim_once(self) -> float:
        """How long to wait for the next claim if nothing wakes us before."""
        if self._queue.qsize() > QUEUED_AT_MOST:
            self._has_room.clear()
            await self._has_room.wait()
        while self._planned:
            await self._line_up(*self._planned.pop(0))
        if self.breaker.is_closed and (pause := self._look.pause):
            return pause
        limit = self.breaker.allows(time.monotonic(), CLAIMED_TOGETHER)
        if limit == 0:
            return self.breaker.wait(time.monotonic(), LOOK_EVERY_SECONDS)
        self._look.begins()
        if await self._claim(limit) == limit:
            self._look.next()
        if self.breaker.is_testing:
            await self._queue.join()
        return self._look.pause

    async def _claim(self, limit: int) -> int:
        until = time.monotonic() + self.claim_seconds
        mine = frozenset(self._in_flight)
        due = await self.notifications.claim(
            self.channel.name, self.lanes, self.claimant, limit, mine, self.clock(), self.lease
        )
        self._take(due)
        await self._line_up(due, until)
        return len(due)

    def _take(self, mine: Iterable[Notification]) -> None:
        self._in_flight.update(each.id for each in mine)
        if self._in_flight:
            self._all_settled.clear()

    async def _line_up(self, mine: Sequence[Notification], until: float) -> None:
        """For the senders, with what is known of those who are told."""
        if not mine:
            return
        metrics.CLAIMED.observe(len(mine))
        try:
            known = await self.recipient_lookup.known(mine)
        except BaseException:
            self._settled(mine)
            raise
        for notification in mine:
            self._queue.put_nowait(_Claimed(notification, known, until))

    def _give_back_planned(self) -> None:
        """By the senders, who hand over nothing any more."""
        while self._planned:
            mine, until = self._planned.pop()
            for notification in mine:
                self._queue.put_nowait(_Claimed(notification, RecipientFacts(), until))

    async def _send_queued(self) -> None:
        while True:
            claimed = await self._queue.get()
            try:
                outcome = await self._attempt(claimed)
                if outcome is None:
                    self._settled([claimed.notification])
                else:
                    self._noting.add(outcome)
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
            logger.exception("notification could not be prepared", extra={"notification_id": notification.id})
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
                await self.recipient_lookup.is_dead(notification, message.address, self.clock())
            if message.otherwise:
                return by_another_channel(notification, self.clock(), str(error), tried=True)
            return Outcome(notification, State.PERMANENT_FAILURE, str(error), tried=True)
        except RetryLater as error:
            self._failed("retryable")
            self.breaker.succeeded(era)
            now = self.clock()
            return self.policy.after_failure(notification, str(error), now, random.random(), message.otherwise)
        except NotTried as error:
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

    def _settled(self, notifications: Iterable[Notification]) -> None:
        self._in_flight.difference_update(notification.id for notification in notifications)
        if not self._in_flight:
            self._all_settled.set()


async def drain(dispatchers: Sequence[Dispatcher]) -> None:
    """All of one channel, whose connections some share: they are closed when nobody uses them any more."""
    await asyncio.gather(*(each.drain() for each in dispatchers))
    await asyncio.gather(*(channel.close() for channel in {each.channel for each in dispatchers}))


def _moment(at: datetime) -> datetime:
    return at - timedelta(microseconds=at.microsecond % (TOLD_APART // timedelta(microseconds=1)))


def _given_back(notification: Notification, next_at: datetime) -> Outcome:
    """It was not tried."""
    state = State.TEMPORARY_FAILURE if notification.attempts else State.CREATED
    return Outcome(notification, state, notification.reason, next_at=next_at)
