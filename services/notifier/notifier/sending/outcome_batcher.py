"""Notes what became of what a dispatcher had on its way, in batches, and wakes what came meanwhile."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from shared.messaging.consumer import is_outage, retry_transient

from notifier import metrics
from notifier.contacts.store import Contacts
from notifier.deferral.confirmed_release import Releaser
from notifier.notifications.model import Notification, State
from notifier.notifications.outcome_store import Outcomes
from notifier.notifications.outcomes import Outcome
from notifier.notifications.store import Notifications

BATCH_SIZE = 500
BATCH_WAIT_SECONDS = 0.05
"""So long the first waits for company at most; a crash meanwhile repeats what was handed over in it."""


class OutcomeBatcher:
    """`channel`: its name. `settled` is told what is noted, and `wake` called where something is due by it."""

    def __init__(
        self,
        channel: str,
        notifications: Notifications,
        contacts: Contacts,
        outcomes: Outcomes,
        releaser: Releaser,
        settled: Callable[[Iterable[Notification]], None],
        wake: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.channel = channel
        self.notifications = notifications
        self.contacts = contacts
        self.outcomes = outcomes
        self.releaser = releaser
        self.settled = settled
        self.wake = wake
        self.clock = clock
        self._finished: list[Outcome] = []
        self._to_note = asyncio.Event()
        self._cannot_wait = asyncio.Event()
        self._hurries = False

    def add(self, outcome: Outcome) -> None:
        """Add an outcome; one that waits for a contact is written at once, because the contact may have arrived
        already.
        """
        self._finished.append(outcome)
        self._to_note.set()
        if outcome.waiting_for:
            self._cannot_wait.set()

    def hurry(self) -> None:
        """From now on nothing waits for company."""
        self._hurries = True
        self._cannot_wait.set()

    async def run(self) -> None:
        """Write outcomes that finish within a moment together: a transaction of two costs nearly as much as one of
        twenty.
        """
        self._finished.clear()
        while True:
            await self._to_note.wait()
            self._to_note.clear()
            while self._finished:
                if len(self._finished) < BATCH_SIZE and not self._hurries:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(BATCH_WAIT_SECONDS):
                            await self._cannot_wait.wait()
                self._cannot_wait.clear()
                batch = self._finished[:BATCH_SIZE]
                try:
                    await retry_transient(lambda batch=batch: self._note(batch))  # type: ignore[misc]
                except Exception as error:
                    if not is_outage(error):
                        raise
                    continue  # what was handed over is held until it can be noted, however long that takes
                del self._finished[: len(batch)]
                self.settled(outcome.notification for outcome in batch)

    async def _note(self, batch: Sequence[Outcome]) -> None:
        now = self.clock()
        noted = await self.outcomes.note(batch, now)
        metrics.NOTED.observe(len(batch))
        for outcome in noted:
            provider = (outcome.handed and outcome.handed.provider) or ""
            metrics.DELIVERIES.labels(self.channel, provider, outcome.state.value).inc()
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
