"""Whom a batch wakes: the dispatchers by whose channel and lane something is due, and who sends webhooks."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from shared.aggregates import Decision, Document

from notifier.domain.case import Case
from notifier.repository import is_delivery, lane_if_due

Wake = Callable[[Sequence[Document]], None]

NOTED_AT_MOST = 1_000
"""Of one lane, in batches that fail one after the other."""


class Waking:
    """A look for what is due costs as much as telling one thing, so that who has nothing to do is left in peace.

    What a decision asks for is noted when it is made, also where it is made once more or its batch fails: one look too
    many. `by_lane`: whom to wake for a channel and a lane, with what was planned there.
    """

    def __init__(self, by_lane: Mapping[tuple[str, str], Wake], deliver_webhooks: Callable[[], None]) -> None:
        self._by_lane = by_lane
        self._deliver_webhooks = deliver_webhooks
        self._due: dict[Wake, list[Document]] = defaultdict(list)
        self._webhooks_wait = False

    def note(self, decision: Decision[Case]) -> None:
        for record in decision.records:
            if is_delivery(record):
                self._webhooks_wait = True
            elif (lane := lane_if_due(record)) is not None and (wake := self._by_lane.get(lane)):
                self._due[wake].append(record[1])
                del self._due[wake][:-NOTED_AT_MOST]

    def wake(self) -> None:
        due, self._due = self._due, defaultdict(list)
        for wake, planned in due.items():
            wake(planned)
        if self._webhooks_wait:
            self._webhooks_wait = False
            self._deliver_webhooks()
