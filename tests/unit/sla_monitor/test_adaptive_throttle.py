"""Work that may wait takes all of the time alone, and beside live events what these leave."""

from collections.abc import Sequence

from sla_monitor import metrics
from sla_monitor.recalculation.adaptive_throttle import (
    DECIDED_EVERY_SECONDS,
    FASTER,
    FIRST_SHARE,
    LEAST_SHARE,
    QUIET_AFTER_SECONDS,
    SOON_ENOUGH_SECONDS,
    AdaptiveThrottle,
)

SOON, LATE = SOON_ENOUGH_SECONDS / 2, SOON_ENOUGH_SECONDS * 2


class Live:
    """Events that come in, under a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.taken: tuple[float, float] | None = None
        self.way = AdaptiveThrottle(self.waited, lambda: self.now)

    def take(self, waited: float) -> None:
        """Just before the next look."""
        self.taken = (self.now - 0.01, waited)

    def waited(self, within: float) -> float | None:
        return self.taken[1] if self.taken is not None and self.now - self.taken[0] <= within else None


def shares(*waits: float | None) -> Sequence[float]:
    """One after the other, long enough apart, where live events wait so long each time."""
    live, found = Live(), []
    for waited in waits:
        live.now += DECIDED_EVERY_SECONDS if waited is not None else 2 * QUIET_AFTER_SECONDS
        if waited is not None:
            live.take(waited)
        found.append(live.way.share())
    return found


def test_alone_it_takes_all_of_the_time() -> None:
    assert shares(None, None) == [1.0, 1.0]


def test_it_begins_with_little_as_soon_as_one_comes_even_one_that_waited_long() -> None:
    assert shares(SOON) == [FIRST_SHARE]
    assert shares(None, LATE) == [1.0, FIRST_SHARE]


def test_it_takes_more_and_more_while_they_are_taken_in_soon() -> None:
    taken = shares(*[SOON] * 12)
    assert list(taken) == sorted(taken)
    assert taken[-1] == 1.0


def test_it_takes_half_as_much_whenever_they_are_not_and_never_nothing() -> None:
    assert shares(SOON, LATE, SOON)[1] == FIRST_SHARE / 2
    assert shares(*[LATE] * 12)[-1] == LEAST_SHARE


def test_it_takes_all_again_once_they_have_ended() -> None:
    assert shares(LATE, LATE, None) == [FIRST_SHARE, FIRST_SHARE / 2, 1.0]


def test_one_measurement_decides_once() -> None:
    live = Live()
    live.take(LATE)
    assert live.way.share() == FIRST_SHARE
    live.now += DECIDED_EVERY_SECONDS
    live.take(LATE)
    assert live.way.share() == FIRST_SHARE / 2
    for _ in range(3):
        live.now += DECIDED_EVERY_SECONDS
        assert live.way.share() == FIRST_SHARE / 2, "nothing came in since"


def test_what_was_decided_has_time_to_show_before_it_is_looked_at_again() -> None:
    live = Live()
    live.take(SOON)
    assert live.way.share() == FIRST_SHARE
    for _ in range(4):
        live.now += DECIDED_EVERY_SECONDS / 5
        live.take(LATE)
        assert live.way.share() == FIRST_SHARE
    live.now += DECIDED_EVERY_SECONDS
    assert live.way.share() == FIRST_SHARE / 2


def test_once_there_is_nothing_to_do_it_shows_that_it_takes_nothing_and_begins_with_little_again() -> None:
    live = Live()
    for expected in (FIRST_SHARE, FIRST_SHARE * FASTER):
        live.take(SOON)
        assert live.way.share() == expected
        live.now += DECIDED_EVERY_SECONDS
    live.way.rest()
    assert metrics.JUDGING_SHARE._value.get() == 0
    live.take(SOON)
    assert live.way.share() == FIRST_SHARE
