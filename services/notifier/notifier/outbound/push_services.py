"""The push services that browsers name: how each of them stands, for all who push.

What one of them says of itself holds for its own browsers: they wait, and those of the others go on.
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable

from notifier.channels import NotTried
from notifier.outbound.rate_limit import RateLimiter
from notifier.outbound.safe_http import HttpAnswer, NoAnswer
from notifier.sending.circuit_breaker import SharedBreaker

logger = logging.getLogger(__name__)

SERVICES_KNOWN = 100
PATIENCE_SECONDS = 1.0
"""The longest wait for a turn: the next push may be for another service."""
BUSY = frozenset({408, 425, 429})
BUSY_IN_A_ROW = 3
"""A service says so of one browser that is told too much; of so many one after the other it is about us."""


class PushService:
    def __init__(self, name: str, per_second: float | None) -> None:
        self.name = name
        self._breaker = SharedBreaker()
        self._pace = RateLimiter(per_second)
        self._busy = 0

    async def ask(self, post: Callable[[], Awaitable[HttpAnswer]]) -> HttpAnswer:
        """Its answer, whatever it says. Raises NotNow where it is not asked, and what `post` raises."""
        if (wait := self._pace.wait()) > PATIENCE_SECONDS:
            raise NotTried("push service takes no more", _apart(wait))
        era = self._breaker.takes(time.monotonic())
        if era is None:
            raise NotTried("push service paused", _apart(self._breaker.pause(time.monotonic())))
        try:
            await self._pace.turn()
            answer = await post()
        except NoAnswer:
            self._failed(era)
            raise
        else:
            self._busy = self._busy + 1 if answer.status in BUSY else 0
            if answer.status >= 500 or self._busy >= BUSY_IN_A_ROW:
                self._failed(era)
            else:
                self._breaker.succeeded(era)
            return answer
        finally:
            self._breaker.settled(era)

    def _failed(self, era: int) -> None:
        self._busy = 0
        if self._breaker.failed(era, time.monotonic(), random.random()):
            logger.warning("push service paused", extra={"service": self.name})


class PushServices:
    """`per_second`: what each of them takes from this process, whatever is urgent; no limit where None."""

    def __init__(self, per_second: float | None = None) -> None:
        self.per_second = per_second
        self._known: dict[str, PushService] = {}

    def __len__(self) -> int:
        return len(self._known)

    def named(self, name: str) -> PushService:
        """Browsers name them: of more than a few, most are somebody's own and not asked again."""
        service = self._known.pop(name, None) or PushService(name, self.per_second)
        self._known[name] = service
        if len(self._known) > SERVICES_KNOWN:
            del self._known[next(iter(self._known))]
        return service


def _apart(seconds: float) -> float:
    """So that those that wait do not all come back in one moment."""
    return seconds * (1 + random.random() / 2)
