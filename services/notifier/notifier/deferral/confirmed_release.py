"""An address is confirmed: what was withheld for it and still matters is sent, the rest is overtaken."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from shared.storage.aggregates import Aggregates

from notifier.cases.model import Case
from notifier.deferral.withholding import OVERTAKEN, still_matters
from notifier.notifications.model import Notification
from notifier.notifications.store import Notifications


class Releaser:
    def __init__(self, notifications: Notifications, cases: Aggregates[Case]) -> None:
        self.notifications = notifications
        self.cases = cases

    async def release(self, contacts: Sequence[str], now: datetime) -> bool:
        """Whether anything is due now. Once more does no harm. `contacts` are keys of confirmed ones."""
        theirs: dict[str, list[Notification]] = defaultdict(list)
        for notification in await self.notifications.withheld_for(contacts) if contacts else ():
            theirs[notification.recipient].append(notification)
        if not theirs:
            return False
        cases = await self.cases.load(sorted({contact.partition("/")[0] for contact in theirs}))
        matters: set[str] = set()
        for contact, waiting in theirs.items():
            case = cases.get(contact.partition("/")[0])
            matters |= still_matters(waiting, case.state.state if case and case.state else None)
        # In this order: after a stop in between, what is left is judged as it was before.
        overtaken = [each.id for waiting in theirs.values() for each in waiting if each.id not in matters]
        await self.notifications.cancel_withheld(overtaken, OVERTAKEN, now)
        await self.notifications.release(sorted(matters), now)
        return bool(matters)
