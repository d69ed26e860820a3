"""Work that may wait takes all of the time alone, and beside live events what these leave."""

from collections.abc import Sequence

from sla_monitor.giving_way import FIRST_SHARE, LEAST_SHARE, SOON_ENOUGH_SECONDS, GivingWay

SOON, LATE = SOON_ENOUGH_SECONDS / 2, SOON_ENOUGH_SECONDS * 2


def shares(*waits: float | None) -> Sequence[float]:
    """One after the other, where live events wait so long each time."""
    left = iter(waits)
    way = GivingWay(lambda within: next(left))
    return [way.share() for _ in waits]


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
