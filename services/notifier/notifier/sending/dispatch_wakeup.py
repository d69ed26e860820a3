"""Wakes the senders of what a batch has planned: the dispatchers by channel and lane, and the webhook sender."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from shared.messaging.consumer import Records
from shared.storage.aggregates import Document

from notifier.notifications.store import COLLECTION as NOTIFICATIONS
from notifier.notifications.store import lane_if_due
from notifier.webhooks.delivery_store import COLLECTION as WEBHOOK_DELIVERIES

Planning = Callable[[Mapping[str, Document], Mapping[str, Document]], AbstractContextManager[None]]
"""Given by id what is due by a dispatcher, and all that is being stored: entered before it is written, left after."""


class DispatchWakeup:
    """A look for what is due costs as much as telling one thing, so that who has nothing to do is left in peace.

    `by_lane`: whose a channel and a lane are.
    """

    def __init__(self, by_lane: Mapping[tuple[str, str], Planning], deliver_webhooks: Callable[[], None]) -> None:
        self._by_lane = by_lane
        self._deliver_webhooks = deliver_webhooks

    @contextmanager
    def storing(self, records: Records) -> Iterator[None]:
        """Around the transaction that stores them (`shared.messaging.consumer.Storing`)."""
        stored = records.get(NOTIFICATIONS, {})
        due: dict[Planning, dict[str, Document]] = defaultdict(dict)
        for id, document in stored.items():
            if (lane := lane_if_due(document)) is not None and (planning := self._by_lane.get(lane)):
                due[planning][id] = document
        with ExitStack() as around:
            for planning, planned in due.items():
                around.enter_context(planning(planned, stored))
            yield
        if records.get(WEBHOOK_DELIVERIES):
            self._deliver_webhooks()
