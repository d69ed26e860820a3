"""Whom a batch wakes: the dispatchers by whose channel and lane something is due, and who sends webhooks."""

from collections.abc import Callable, Mapping

from shared.aggregates import Decision

from notifier.domain.case import Case
from notifier.repository import is_delivery, lane_if_due


class Waking:
    """A look for what is due costs as much as telling one thing, so that who has nothing to do is left in peace.

    What a decision asks for is noted when it is made, also where it is made once more or its batch fails: one look too
    many. `by_lane`: whom to wake for a channel and a lane.
    """

    def __init__(
        self, by_lane: Mapping[tuple[str, str], Callable[[], None]], deliver_webhooks: Callable[[], None]
    ) -> None:
        self._by_lane = by_lane
        self._deliver_webhooks = deliver_webhooks
        self._due: set[Callable[[], None]] = set()

    def note(self, decision: Decision[Case]) -> None:
        for record in decision.records:
            if is_delivery(record):
                self._due.add(self._deliver_webhooks)
            elif (lane := lane_if_due(record)) is not None and lane in self._by_lane:
                self._due.add(self._by_lane[lane])

    def wake(self) -> None:
        due, self._due = self._due, set()
        for wake in due:
            wake()
