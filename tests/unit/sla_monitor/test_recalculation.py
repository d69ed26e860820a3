"""Where no clock can be judged or told of, the pass ends: it is not tried on a million, or again and again.

What moved is told no faster than others take it in.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from shared.concurrency.tasks import cancel_all
from shared.messaging.consumer import RetryLater
from shared.storage.aggregates import StoredAggregate
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Batch
from sla_monitor.recalculation.adaptive_throttle import FIRST_SHARE, AdaptiveThrottle
from sla_monitor.recalculation.moves import MOST_FAILED
from sla_monitor.recalculation.progress import Progress, Stage, progress_of
from sla_monitor.recalculation.worker import BATCH, LOOK_EVERY_SECONDS, TOLD_AT_ONCE, Recalculation

from tests.support.eventually import eventually
from tests.support.new_rules import S
from tests.support.sla_monitor import SUNDAY, Life, a_rulebook, a_triage_policy, assigned, no_rulebooks, received

DAY = datetime(2026, 4, 5, tzinfo=UTC)
ALONE = AdaptiveThrottle(lambda within: None)


class Clocks:
    """More and more of them, as long as somebody asks."""

    def __init__(self) -> None:
        self.read = 0

    async def read_by_earlier(self, version: int, most: int, without: Sequence[str]) -> AsyncIterator[Batch]:
        for number in count(len(without) // most):
            self.read += most
            record = ClockRecord(rulebook=1, correlation_id="c")
            yield Batch([StoredAggregate(f"{number}-{each}", state=record) for each in range(most)], {})

    async def untold(self, most: int, without: Sequence[str]) -> AsyncIterator[Batch]:
        self.read += 1
        yield Batch([StoredAggregate("moved", state=ClockRecord(rulebook=3, correlation_id="c", moved_from=DAY))], {})

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
    assert await Recalculation(clocks, nothing, nothing, reference, 1_000, ALONE).recalculate_all() == 0
    assert MOST_FAILED < clocks.read <= MOST_FAILED + BATCH


async def test_who_was_judged_by_a_rulebook_that_is_not_here_yet_is_told_of_later() -> None:
    clocks: Any = Clocks()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    await Recalculation(clocks, nothing, nothing, reference, 1_000, ALONE).publish_each_move()
    assert clocks.read == 1


class Moved(Clocks):
    """Three batches of due times that moved."""

    async def untold(self, most: int, without: Sequence[str]) -> AsyncIterator[Batch]:
        record = ClockRecord(rulebook=3, correlation_id="c", moved_from=DAY)
        self.is_open = True
        try:
            for number in range(3):
                self.read += most
                yield Batch([StoredAggregate(f"{number}-{each}", state=record) for each in range(most)], {})
        finally:
            self.is_open = False


async def test_no_more_than_so_many_are_told_in_a_second() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    began = time.monotonic()
    await Recalculation(clocks, nothing, nothing, reference, 20 * TOLD_AT_ONCE, ALONE).publish_each_move()
    assert clocks.read == 3 * TOLD_AT_ONCE
    assert time.monotonic() - began >= 2 / 20, "the second and the third batch wait for their turn"


async def test_another_pass_begins_no_sooner_than_the_next_batch_of_the_one_before() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    judging = Recalculation(clocks, nothing, nothing, reference, 20 * TOLD_AT_ONCE, ALONE)
    began = time.monotonic()
    for _ in range(2):
        await judging.publish_each_move()
    assert time.monotonic() - began >= 5 / 20, "of six batches the first alone does not wait"


async def test_beside_live_events_less_is_told_in_a_second() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    way = AdaptiveThrottle(lambda within: 0.0)
    began = time.monotonic()
    await Recalculation(clocks, nothing, nothing, reference, 100 * TOLD_AT_ONCE, way).publish_each_move()
    assert time.monotonic() - began >= 1 / 100 / FIRST_SHARE, "the second batch waits for four turns"


class Overtaken(Reference):
    """Other rules are published while the first clock is read."""

    def rules(self, read_by: int) -> Any:
        self.rulebooks = SimpleNamespace(newest=SimpleNamespace(version=3))
        return super().rules(read_by)


async def test_other_rules_that_hold_meanwhile_end_the_telling() -> None:
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Overtaken(RetryLater)
    await Recalculation(clocks, nothing, nothing, reference, 1_000_000, ALONE).publish_each_move()
    assert clocks.read == TOLD_AT_ONCE, "of three batches one"
    assert not clocks.is_open


async def telling_seldom() -> tuple[Any, Any, "asyncio.Task[None]"]:
    """Clocks, reference, and the telling, whose second batch waits for its turn."""
    clocks: Any = Moved()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    telling = asyncio.create_task(Recalculation(clocks, nothing, nothing, reference, 0.01, ALONE).publish_each_move())
    await eventually(lambda: clocks.read == 2 * TOLD_AT_ONCE)
    assert clocks.is_open
    return clocks, reference, telling


async def test_other_rules_are_noticed_however_seldom_a_move_is_told() -> None:
    clocks, reference, telling = await telling_seldom()
    reference.rulebooks = SimpleNamespace(newest=SimpleNamespace(version=3))
    async with asyncio.timeout(10 * LOOK_EVERY_SECONDS):
        await telling
    assert clocks.read == 2 * TOLD_AT_ONCE
    assert not clocks.is_open


async def test_a_lease_that_is_lost_between_two_batches_leaves_no_reading_behind() -> None:
    clocks, _, telling = await telling_seldom()
    await cancel_all([telling])
    assert telling.cancelled()
    assert not clocks.is_open


class Slow(Clocks):
    """Two batches, each of which takes a moment to read."""

    took = 0.02

    async def read_by_earlier(self, version: int, most: int, without: Sequence[str]) -> AsyncIterator[Batch]:
        for _ in range(2):
            await asyncio.sleep(self.took)
            yield Batch([], {})


async def test_judging_beside_live_events_pauses_after_each_batch() -> None:
    clocks: Any = Slow()
    nothing: Any = None
    reference: Any = Reference(RetryLater)
    began = time.monotonic()
    await Recalculation(clocks, nothing, nothing, reference, 1, AdaptiveThrottle(lambda within: 0.0)).recalculate_all()
    assert time.monotonic() - began >= 2 * Slow.took / FIRST_SHARE


class Noted:
    """Records the failures that are stored for the report."""

    def __init__(self) -> None:
        self.failed: list[tuple[int, int]] = []

    async def note_failed(self, version: int, submissions: Sequence[str]) -> None:
        self.failed.append((version, len(submissions)))


async def test_the_report_is_told_once_how_many_could_not_be_judged() -> None:
    clocks: Any = Clocks()
    noted: Any = Noted()
    nothing: Any = None
    reference: Any = Reference(ValueError)
    judging = Recalculation(clocks, noted, nothing, reference, 1_000, ALONE)
    await judging.note_failed()
    await judging.recalculate_all()
    for _ in range(2):
        await judging.note_failed()
    reference.rulebooks = SimpleNamespace(newest=SimpleNamespace(version=3))
    await judging.note_failed()
    [before, after, following] = noted.failed
    assert (before, following) == ((2, 0), (3, 0)), "what another process noted before holds no longer"
    assert after[0] == 2
    assert after[1] > MOST_FAILED


async def test_what_was_given_up_is_said_to_be_also_when_some_of_those_that_failed_were_closed_since() -> None:
    left, unknown = MOST_FAILED // 2, 3

    class Moves:
        async def failed(self, version: int) -> list[str]:
            return [str(number) for number in range(MOST_FAILED + 1)]

    class Left:
        async def count_left(self, version: int, among: Sequence[str]) -> int:
            return left

        async def all_read_by(self, version: int, without: Sequence[str]) -> bool:
            return False

        async def count_unknown_under(self, published_at: datetime, followed_at: datetime | None) -> int:
            return unknown

    clocks, moves = cast(Any, Left()), cast(Any, Moves())
    rulebooks = Rulebooks(no_rulebooks)
    rulebooks.add(a_rulebook(version=2))
    assert await progress_of(2, rulebooks, clocks, moves) == Progress(Stage.GIVEN_UP, left + unknown)


class Followed(Clocks):
    """Open cases that the rulebook before could follow."""

    async def read_by_earlier(self, version: int, most: int, without: Sequence[str]) -> AsyncIterator[Batch]:
        life = Life()
        life.hear(received(S, received_at=SUNDAY), SUNDAY)
        life.hear(assigned(S), SUNDAY)
        for number in count(len(without) // most):
            self.read += most
            yield Batch([StoredAggregate(f"{number}-{each}", state=life.record) for each in range(most)], {})

    async def save(self, aggregates: Sequence[Any]) -> None:
        assert all(aggregate.state.unknown for aggregate in aggregates)

    source = "/tawasul/sla-monitor"


async def test_a_rulebook_that_makes_every_due_time_unknown_is_not_tried_on_all() -> None:
    clocks, nothing = cast(Any, Followed()), cast(Any, None)
    without_answers = Life(a_rulebook(a_triage_policy(), version=2)).reference
    judging = Recalculation(clocks, nothing, nothing, without_answers, 1_000, ALONE, lambda: SUNDAY)
    await judging.recalculate_all()
    assert MOST_FAILED < clocks.read <= MOST_FAILED + 3 * BATCH, "batches on their way are written"
