"""What share of the time work that may wait takes beside live events: judging all open cases anew, and telling of it.

Alone it takes all of it. Beside live events it begins with little, takes more as long as these are taken in soon, and
half as much whenever they are not: how much room there is depends on the machines, and nobody has to say it. It looks
again only after what it decided last has had time to show, and only where something came in since.
"""

import time
from collections.abc import Callable

from sla_monitor import metrics

SOON_ENOUGH_SECONDS = 0.3
"""From Kafka to the database. A submission passes several services, and its author hears within two seconds."""
FIRST_SHARE, LEAST_SHARE = 0.25, 0.1
FASTER = 1.25
DECIDED_EVERY_SECONDS = 0.5
"""No sooner: what was decided shows in what is taken in after it."""
QUIET_AFTER_SECONDS = 5.0
"""Without an event for so long, the work is alone."""

Waited = Callable[[float], float | None]
"""How long what came in within so many seconds waited until it was durable; None where nothing came."""


class GivingWay:
    def __init__(self, waited: Waited, clock: Callable[[], float] = time.monotonic) -> None:
        self._waited = waited
        self._clock = clock
        self._is_alone = True
        self._share = 1.0
        self._decided_at = 0.0

    def share(self) -> float:
        """Up to 1; asked for once for each piece of work."""
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
        """There is nothing to do: what is to be done next begins anew."""
        self._is_alone = True
        metrics.JUDGING_SHARE.set(0)


def _following(share: float, waited: float) -> float:
    if waited > SOON_ENOUGH_SECONDS:
        return max(share / 2, LEAST_SHARE)
    return min(share * FASTER, 1.0)
