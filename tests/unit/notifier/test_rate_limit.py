"""Providers get no more in a second than their contract allows."""

from notifier.outbound.rate_limit import RateLimiter


class Time:
    """That passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_turns_are_as_far_apart_as_the_contract_asks_and_a_pause_is_not_made_up_for() -> None:
    time = Time()
    pace = RateLimiter(4, time, time.sleep)
    for _ in range(3):
        await pace.turn()
    assert time.slept == [0.25, 0.5], "three at once: the first goes, the others wait for their turns"
    time.now += 10
    time.slept.clear()
    for _ in range(2):
        await pace.turn()
    assert time.slept == [0.25]


async def test_without_a_limit_nobody_waits() -> None:
    time = Time()
    pace = RateLimiter(None, time, time.sleep)
    for _ in range(100):
        await pace.turn()
    assert time.slept == []
