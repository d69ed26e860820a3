"""Where no clock can be judged or told of, the pass ends: it is not tried on a million, or again and again.

What moved is told no faster than others take it in.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

from shared.aggregates import Aggregate
from shared.messaging import RetryLater
from shared.tasks import end
from sla_monitor.domain.record import ClockRecord
from sla_monitor.judging import BATCH, MOST_FAILED, TOLD_AT_ONCE, Judging

from tests.support.eventually import eventually

DAY = datetime(2026, 4, 5, tzinfo=UTC)


class Clocks:
    """More and more of them, as long as somebody asks."""

    def __init__(self) -> None:
        self.read = 0

    async def read_by_earlier(
        self, version: int, most: int, without: Sequence[str]
    ) -> AsyncIterator[list[Aggregate[ClockRecord]]]:
        for number in count(len(without) // most):
            self.read += most
            record = ClockRecord(rulebook=1, correlation_id="c")
            yield [Aggregate(f"{number}-{each}", state=record) for each in range(most)]

    async def untold(self, most: int, without: Sequence[str]) -> AsyncIterator[list[Aggregate[ClockRecord]]]:
        self.read += 1
        yield [Aggregate("moved", state=ClockRecord(rulebook=3, correlation_id="c", moved_from=DAY))]

    async def all_read_by(self, version: int, without: Sequence[str]) -> bool:
        return True

    async def backlog(self, most: int) -> int:
        return 0

    async def save(self, aggregates: Sequence[Any]) -> None:
        assert not aggregates


class Reference:
    rulebooks = SimpleNamespace(newest=SimpleNamespace(version=2))

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def rules(self, read_by: int) -> Any:
        raise self.error


async def test_a_rulebook_that_fails_for_every_clock_is_not_tried_on_all() -> None:
    clocks: Any = Clocks()
    nothing: Any = None
    reference: Any = Reference(ValueError)
    assert await Judging(clocks, nothing, nothing, reference, 1_000).bring_up_to_date() == 0
    assert MOST_FAILED < clocks.read <= MOST_FAILED + BATCH


async def test_who_was_judged_by_a_rulebook_that_is_not_here_yet_is_told_of_later() -> None:
    clocks: Any = Clocks()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    await Judging(clocks, nothing, nothing, reference, 1_000).tell_of_each()
    assert clocks.read == 1


class Moved(Clocks):
    """Three batches of due times that moved."""

    async def untold(self, most: int, without: Sequence[str]) -> AsyncIterator[list[Aggregate[ClockRecord]]]:
        record = ClockRecord(rulebook=3, correlation_id="c", moved_from=DAY)
        self.is_open = True
        try:
            for number in range(3):
                self.read += most
                yield [Aggregate(f"{number}-{each}", state=record) for each in range(most)]
        finally:
            self.is_open = False


async def test_no_more_than_so_many_are_told_in_a_second() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    began = time.monotonic()
    await Judging(clocks, nothing, nothing, reference, moves_per_second=20 * TOLD_AT_ONCE).tell_of_each()
    assert clocks.read == 3 * TOLD_AT_ONCE
    assert time.monotonic() - began >= 2 / 20, "the second and the third batch wait for their turn"


class Overtaken(Reference):
    """Other rules are published while the first clock is read."""

    def rules(self, read_by: int) -> Any:
        self.rulebooks = SimpleNamespace(newest=SimpleNamespace(version=3))
        return super().rules(read_by)


async def test_other_rules_that_hold_meanwhile_end_the_telling() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Overtaken(RetryLater)
    await Judging(clocks, nothing, nothing, reference, moves_per_second=1_000_000).tell_of_each()
    assert clocks.read == TOLD_AT_ONCE, "of three batches one"
    assert not clocks.is_open


async def test_a_lease_that_is_lost_between_two_batches_leaves_no_reading_behind() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    telling = asyncio.create_task(Judging(clocks, nothing, nothing, reference, moves_per_second=0.01).tell_of_each())
    await eventually(lambda: clocks.read == 2 * TOLD_AT_ONCE)
    assert clocks.is_open, "the second batch waits for its turn"
    await end([telling])
    assert telling.cancelled()
    assert not clocks.is_open
