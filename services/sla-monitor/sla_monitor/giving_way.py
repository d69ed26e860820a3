"""What share of the time work that may wait takes beside live events: judging all open cases anew, and telling of it.

Alone it takes all of it. Beside live events it begins with little, takes more as long as these are taken in soon, and
half as much whenever they are not: how much room there is depends on the machines, and nobody has to say it.
"""

from collections.abc import Callable

from sla_monitor import metrics

SOON_ENOUGH_SECONDS = 0.3
"""From Kafka to the database. A submission passes several services, and its author hears within two seconds."""
FIRST_SHARE, LEAST_SHARE = 0.25, 0.1
FASTER = 1.25
QUIET_AFTER_SECONDS = 5.0
"""Without an event for so long, the work is alone."""

Waited = Callable[[float], float | None]
"""How long what came in within so many seconds waited until it was durable; None where nothing came."""


class GivingWay:
    def __init__(self, waited: Waited) -> None:
        self._waited = waited
        self._is_alone = True
        self._share = 1.0

    def share(self) -> float:
        """Up to 1; asked for once for each piece of work."""
        waited = self._waited(QUIET_AFTER_SECONDS)
        if waited is None:
            self._share = 1.0
        elif self._is_alone:
            self._share = FIRST_SHARE
        elif waited > SOON_ENOUGH_SECONDS:
            self._share = max(self._share / 2, LEAST_SHARE)
        else:
            self._share = min(self._share * FASTER, 1.0)
        self._is_alone = waited is None
        metrics.JUDGING_SHARE.set(self._share)
        return self._share
