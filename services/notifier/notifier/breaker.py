"""A circuit breaker: while the other side is not there nothing is tried but, after a pause, one message."""

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0


class Breaker:
    """Closed (all pass), open (none until a pause is over), testing (one passes, and its fate decides)."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._open_until = 0.0
        self.is_open = False
        self.is_testing = False

    def allows(self, now: float, wanted: int) -> int:
        """How many may be taken now."""
        self.is_testing = False
        if not self._pause:
            return wanted
        if now < self._open_until:
            return 0
        self.is_open = False
        self.is_testing = True
        return min(wanted, 1)

    def wait(self, now: float, at_most: float) -> float:
        return max(0.01, min(at_most, self._open_until - now)) if self.is_open else at_most

    def succeeded(self) -> None:
        """The other side answered, whatever it said."""
        self._pause = 0.0
        self.is_open = False

    def failed(self, now: float, chance: float) -> bool:
        """True where this opened it; those that fail beside the first do not lengthen the pause."""
        if self.is_open:
            return False
        first = not self._pause
        self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2 or FIRST_PAUSE_SECONDS)
        self._open_until = now + self._pause * (1 - chance / 4)
        self.is_open = True
        return first


class SharedBreaker(Breaker):
    """Of one of several providers, for many senders at once: while one message is on trial the others go elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self._on_trial = False

    def takes(self, now: float) -> bool:
        if self._on_trial or not self.allows(now, 1):
            return False
        self._on_trial = self.is_testing
        return True

    def settled(self) -> None:
        """What was taken has succeeded or failed."""
        self._on_trial = False
