"""The notifier's statements about notifications, and its checks of the statements of other services."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from shared.events.statements import NotificationsStated, StatedSubmission
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS
from shared.reconciliation.differences import Lack, Rule
from shared.reconciliation.statements import Stating
from shared.storage.aggregates import Document

from notifier.notifications.monitor_store import CASES
from notifier.notifications.outcome_store import DELIVERIES
from notifier.notifications.store import Notifications

LOOKED_FOR = timedelta(days=1)
"""After the receipt. What was planned is not kept for ever."""


def told_of(document: Document, stated: StatedSubmission, read_at: datetime) -> Iterator[Lack]:
    """Somebody was told of each submission, or there is a reason why nobody was: imported, or nobody to tell."""
    state = document["state"]
    is_recent = stated.received_at is not None and stated.received_at >= read_at - LOOKED_FOR
    if not is_recent or document.get("is_told"):
        return
    if not (state.get("silent") or state.get("untold") or state.get("erased")):
        yield Lack("notification")


def rules(notifications: Notifications) -> tuple[Rule, ...]:
    async def planned(ids: Sequence[str]) -> Mapping[str, Document]:
        return {id: {"is_told": True} for id in await notifications.planned_of(ids)}

    kept = ["state.silent", "state.untold", "state.erased"]
    return (
        Rule(SUBMISSIONS, CASES, kept, effects=told_of, beside=planned),
        Rule(ASSIGNMENTS, CASES),
        Rule(DEADLINES, CASES),
    )


STATING = Stating(DELIVERIES, NOTIFICATIONS, NotificationsStated)
