"""Applies the receipts of a gateway, once each, in whatever order they arrive."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.messaging.consumer import retry_transient

from notifier import metrics
from notifier.mail_reports.receipt_store import Receipts
from notifier.mail_reports.receipts import Receipt, after_receipt
from notifier.notifications.model import Notification, State
from notifier.notifications.outcome_store import Outcomes

LOOK_EVERY_SECONDS = 2.0
APPLIED_TOGETHER = 200


class ReceiptHandler:
    def __init__(self, receipts: Receipts, outcomes: Outcomes, clock: Callable[[], datetime]) -> None:
        self.receipts = receipts
        self.outcomes = outcomes
        self.clock = clock
        self._woken = asyncio.Event()

    async def take(self, gateway: str, channel: str, receipts: Sequence[Receipt]) -> None:
        """Keeps them durably; `run` applies them. A receipt for what nobody knows is counted and let go."""
        known = await self.receipts.keep(channel, receipts)
        metrics.RECEIPTS.labels(gateway, "taken").inc(known)
        metrics.RECEIPTS.labels(gateway, "unknown").inc(len(receipts) - known)
        self._woken.set()

    async def run(self) -> None:
        """Worker: applies what waits, at once after it came; what could not be applied yet, when it can."""
        while True:
            self._woken.clear()
            applied = await self.apply()
            if applied < APPLIED_TOGETHER:
                try:
                    await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_SECONDS)
                except TimeoutError:
                    continue

    async def apply(self) -> int:
        waiting = await self.receipts.waiting(APPLIED_TOGETHER)
        for notification, said in waiting:
            await retry_transient(lambda each=notification, said=said: self._apply(each, said))  # type: ignore[misc]
        return len(waiting)

    async def _apply(self, notification: Notification, said: State) -> None:
        after = after_receipt(State(notification.state), said)
        if after is None:
            await self.receipts.forget(notification, said)
        elif await self.outcomes.note_receipt(notification, said, after, self.clock()):
            metrics.DELIVERIES.labels(notification.channel, notification.provider or "", after.value).inc()
