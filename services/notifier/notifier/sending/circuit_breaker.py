"""A circuit breaker: while the other side is not there nothing is tried but, after a pause, one message.

Many are on their way at once. What becomes of a message counts as long as the breaker stands as it stood when the
message was taken, its `era`: one of before an outage neither ends the trial after it nor lengthens the pause.
"""

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
TRIAL_SECONDS = 1.0
"""So long the others wait for the fate of the one on trial, before they look again."""


class Breaker:
    """Closed (all pass), open (none until a pause is over), testing (one passes, and its fate decides)."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._open_until = 0.0
        self.era = 0
        """Counts the openings and closings."""
        self.is_open = False
        self.is_testing = False

    @property
    def is_closed(self) -> bool:
        return not self._pause

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

    def succeeded(self, era: int) -> None:
        """The other side answered what was taken in this era, whatever it said."""
        if era != self.era or not self._pause:
            return
        self.era += 1
        self._pause = 0.0
        self.is_open = False

    def failed(self, era: int, now: float, chance: float) -> bool:
        """True where this opened it; those that fail beside the first do not lengthen the pause."""
        if era != self.era:
            return False
        first = not self._pause
        self.era += 1
        self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2 or FIRST_PAUSE_SECONDS)
        self._open_until = now + self._pause * (1 - chance / 4)
        self.is_open = True
        return first


class SharedBreaker(Breaker):
    """The breaker of one of several providers, used by many senders: while one message is on trial, the others use
    other providers.
    """

    def __init__(self) -> None:
        super().__init__()
        self._on_trial: int | None = None

    def takes(self, now: float) -> int | None:
        """The era in which a message is taken; None where none is."""
        if self._on_trial == self.era or not self.allows(now, 1):
            return None
        self._on_trial = self.era if self.is_testing else None
        return self.era

    def pause(self, now: float) -> float:
        """Seconds until another is worth a try, where none was taken."""
        return max(0.01, self._open_until - now) if self.is_open else TRIAL_SECONDS

    def settled(self, era: int) -> None:
        """End an attempt. If it was the trial and decided nothing (the message was at fault), another trial follows."""
        if era == self.era:
            self._on_trial = None
