"""Not more in a second than a provider's contract allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class RateLimiter:
    """Gives turns in the order of calls; without `per_second` nobody waits."""

    def __init__(
        self,
        per_second: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._apart = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    def wait(self) -> float:
        """Seconds until the next turn that nobody has."""
        return max(0.0, self._next - self._clock()) if self._apart else 0.0

    async def turn(self) -> None:
        if not self._apart:
            return
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._apart
        if mine > now:
            await self._sleep(mine - now)
