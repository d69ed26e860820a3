"""A rulebook by which no clock can be judged ends the pass: it is not tried on a million, one after the other."""

from collections.abc import AsyncIterator, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

from shared.aggregates import Aggregate
from sla_monitor.domain.record import ClockRecord
from sla_monitor.judging import BATCH, MOST_FAILED, Judging


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

    async def backlog(self, most: int) -> int:
        return 0

    async def save(self, aggregates: Sequence[Any]) -> None:
        assert not aggregates


class Reference:
    rulebooks = SimpleNamespace(newest=SimpleNamespace(version=2))

    def rules(self, read_by: int) -> Any:
        raise ValueError("a rule that fits nothing")


async def test_a_rulebook_that_fails_for_every_clock_is_not_tried_on_all() -> None:
    clocks: Any = Clocks()
    nothing: Any = None
    reference: Any = Reference()
    assert await Judging(clocks, nothing, nothing, reference).bring_up_to_date() == 0
    assert MOST_FAILED < clocks.read <= MOST_FAILED + BATCH
