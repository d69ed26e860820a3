"""Decides which share of the time recalculation takes while live events come in.

Alone it takes all of it. Beside live events it begins with a small share, which grows while events are taken in soon,
and halves whenever they are not: the room depends on the machines, and nobody has to configure it. It decides again
only after its last decision has had time to show, and only where events came in since.
"""

import time
from collections.abc import Callable

from sla_monitor import metrics

SOON_ENOUGH_SECONDS = 0.3
"""Longest acceptable delay from Kafka to the database. A submission passes several services, and its author hears
within two seconds."""
FIRST_SHARE, LEAST_SHARE = 0.25, 0.1
FASTER = 1.25
DECIDED_EVERY_SECONDS = 0.5
"""Least time between two decisions, so that the effect of the last one is visible."""
QUIET_AFTER_SECONDS = 5.0
"""Without an event for this long, the work is alone."""

Waited = Callable[[float], float | None]
"""Returns the longest delay of the events that came in within so many seconds; None where none came."""


class AdaptiveThrottle:
    def __init__(self, waited: Waited, clock: Callable[[], float] = time.monotonic) -> None:
        self._waited = waited
        self._clock = clock
        self._is_alone = True
        self._share = 1.0
        self._decided_at = 0.0

    def share(self) -> float:
        """Return the share, up to 1. Called once per piece of work."""
        now = self._clock()
        if self._waited(QUIET_AFTER_SECONDS) is None:
            self._is_alone, self._share = True, 1.0
        elif self._is_alone:
            self._is_alone, self._share, self._decided_at = False, FIRST_SHARE, now
        elif now - self._decided_at >= DECIDED_EVERY_SECONDS:
            since = self._waited(min(now - self._decided_at, QUIET_AFTER_SECONDS))
            if since is not None:
                self._share = _following(self._share, since)
                self._decided_at = now
        metrics.JUDGING_SHARE.set(self._share)
        return self._share

    def rest(self) -> None:
        """Reset, as there is nothing to do: the next work begins anew."""
        self._is_alone = True
        metrics.JUDGING_SHARE.set(0)


def _following(share: float, waited: float) -> float:
    if waited > SOON_ENOUGH_SECONDS:
        return max(share / 2, LEAST_SHARE)
    return min(share * FASTER, 1.0)
