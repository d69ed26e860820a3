"""An address is confirmed: what was withheld for it and still matters is sent, the rest is overtaken."""

from collections.abc import Sequence
from datetime import datetime

from shared.aggregates import Aggregates

from notifier.domain.case import Case
from notifier.domain.withholding import OVERTAKEN, still_matters
from notifier.repository import Notifications


class Releaser:
    def __init__(self, notifications: Notifications, cases: Aggregates[Case]) -> None:
        self.notifications = notifications
        self.cases = cases

    async def release(self, contacts: Sequence[str], now: datetime) -> bool:
        """Whether anything is due now. Once more does no harm. `contacts` are keys of confirmed ones."""
        is_due = False
        for contact in contacts:
            waiting = await self.notifications.withheld_for(contact)
            if not waiting:
                continue
            case = await self.cases.find(contact.partition("/")[0])
            matters = still_matters(waiting, case.state.state if case and case.state else None)
            # In this order: after a stop in between, what is left is judged as it was before.
            overtaken = [each.id for each in waiting if each.id not in matters]
            await self.notifications.cancel_withheld(overtaken, OVERTAKEN, now)
            await self.notifications.release(sorted(matters), now)
            is_due = is_due or bool(matters)
        return is_due
