"""The sweeper under a clock that jumps: after a suspend, and when the time service sets it back."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from shared.concurrency.tasks import cancel_all
from shared.storage.aggregates import StoredAggregate, VersionMiss
from shared.storage.item_isolation import PASSED_OVER_SECONDS
from shared.storage.lease import Lease
from sla_monitor import metrics
from sla_monitor.clocks.record import ClockRecord, Declaration
from sla_monitor.clocks.store import SOURCE, Clocks, Due
from sla_monitor.sweeper.worker import MOST_LOADED, Sweeper

from tests.support.eventually import eventually
from tests.support.sla_monitor import HOUR, SUNDAY, Life, a_policy, a_rulebook, a_triage_policy, assigned, received


class NothingIsSooner:
    """A collection in which no change is announced, and its change stream."""

    alive = True

    async def watch(self, pipeline: Sequence[Any], max_await_time_ms: int) -> "NothingIsSooner":
        return self

    async def __aenter__(self) -> "NothingIsSooner":
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def try_next(self) -> Any:
        return None


class InvalidatedOnce(NothingIsSooner):
    """Its first stream has ended; the next one announces these."""

    def __init__(self, *dues: Due) -> None:
        self.changes = [{"at": at, "documentKey": {"_id": id}} for at, id in dues]
        self.alive = True

    async def watch(self, pipeline: Sequence[Any], max_await_time_ms: int) -> NothingIsSooner:
        self.alive = not self.alive
        return self

    async def try_next(self) -> Any:
        return self.changes.pop(0) if self.changes else None


class KeptClocks:
    """The clocks of one case; records what is saved and the time of the decision."""

    source = SOURCE

    def __init__(self, life: Life) -> None:
        assert life.record is not None
        self.id, self.record = life.submission, life.record
        self.collection = NothingIsSooner()
        self.looks = self.written = 0

    def declared(self) -> tuple[Declaration, ...]:
        return self.record.declarations

    async def due_by(self, moment: datetime, most: int) -> list[Due]:
        self.looks += 1
        at = self.record.next_at
        return [(at, self.id)] if at is not None and at <= moment else []

    async def load_readable(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, StoredAggregate[ClockRecord]], dict[str, Exception]]:
        return {id: StoredAggregate(id, version=1, state=self.record, stored=self.record) for id in ids}, {}

    async def save(self, aggregates: Sequence[StoredAggregate[ClockRecord]]) -> None:
        for aggregate in aggregates:
            assert aggregate.state is not None
            self.record = aggregate.state
            self.written += 1


async def nothing() -> None:
    return


def a_life_due_in_seconds() -> Life:
    policy = a_policy(calendar="utilities", targets={"answer": {"working": "8s", "warn_at": []}}, ladder=[])
    life = Life(a_rulebook(policy, a_triage_policy()))
    life.hear(received(life.submission, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(life.submission), SUNDAY)
    return life


async def test_a_clock_that_jumps_neither_skips_nor_repeats_and_nothing_fires_early() -> None:
    life = a_life_due_in_seconds()
    clocks, time, asked = KeptClocks(life), [SUNDAY], Counter[datetime]()

    def now() -> datetime:
        asked[time[0]] += 1
        return time[0]

    async def sweeps_again() -> None:
        before = asked[time[0]]
        await sweeper.prepare([due])
        await eventually(lambda: asked[time[0]] > before + 1)  # once to decide, and once to see what is due

    known: Any = clocks
    sweeper = Sweeper(cast(Clocks, known), life.reference, cast(Lease, None), nothing, now)
    sweeping = asyncio.create_task(sweeper.lead())
    await eventually(lambda: clocks.looks > 0)
    time[0] = SUNDAY - HOUR  # set back: what is due has an hour more to wait, by every clock there is
    due = (SUNDAY + timedelta(seconds=8), life.submission)
    await sweeps_again()
    assert not clocks.record.declarations, "asked too early it says nothing"

    time[0] = SUNDAY + 3 * HOUR  # the machine was suspended for hours
    await eventually(lambda: bool(clocks.record.declarations))
    (breach,) = clocks.declared()
    assert (breach.rung, breach.at, breach.declared_at) == ("breach", SUNDAY + timedelta(seconds=8), time[0])

    for time[0] in (SUNDAY, SUNDAY + HOUR):
        await sweeps_again()
    assert (clocks.declared(), clocks.written) == ((breach,), 1), "over the moment again it says nothing more"
    await cancel_all([sweeping])


async def test_what_is_decided_again_after_a_lost_race_is_counted_once() -> None:
    life = a_life_due_in_seconds()

    class Changing(KeptClocks):
        misses = 1

        async def save(self, aggregates: Sequence[StoredAggregate[ClockRecord]]) -> None:
            if self.misses:
                self.misses -= 1
                raise VersionMiss("a fact came meanwhile")
            await super().save(aggregates)

    clocks: Any = Changing(life)
    due = (SUNDAY + timedelta(seconds=8), life.submission)
    sweeper = Sweeper(clocks, life.reference, cast(Lease, None), nothing, now=lambda: due[0])
    counted = metrics.DECLARED.labels("DeadlineBreached")._value
    before = counted.get()
    for expected in (0, 1):
        await sweeper.prepare([due])
        await sweeper.fire()
        assert counted.get() - before == len(clocks.declared()) == expected


async def test_more_unreadable_clocks_than_are_loaded_at_once_hide_none_that_is_due_after_them() -> None:

    class BehindSpoiltOnes(KeptClocks):
        spoilt: ClassVar = [(SUNDAY, f"spoilt-{number}") for number in range(MOST_LOADED + 1)]

        async def due_by(self, moment: datetime, most: int) -> list[Due]:
            return [*self.spoilt, *await super().due_by(moment, most)][:most]

        async def load_readable(
            self, ids: Sequence[str]
        ) -> tuple[dict[str, StoredAggregate[ClockRecord]], dict[str, Exception]]:
            found, _ = await super().load_readable([id for id in ids if id == self.id])
            return found, {id: ValueError("not a clock") for id in ids if id != self.id}

    life = a_life_due_in_seconds()
    known, time = BehindSpoiltOnes(life), [SUNDAY + HOUR]
    clocks: Any = known
    failures = metrics.SWEEP_FAILURES._value
    before = failures.get()
    sweeper = Sweeper(clocks, life.reference, cast(Lease, None), nothing, lambda: time[0])
    sweeping = asyncio.create_task(sweeper.lead())
    await eventually(lambda: known.written == 1 and failures.get() - before == len(known.spoilt))
    looks = known.looks
    await eventually(lambda: known.looks > looks + 1)
    assert failures.get() - before == len(known.spoilt), "looked for again, and not tried again"

    time[0] += timedelta(seconds=PASSED_OVER_SECONDS)
    del known.spoilt[1:]
    await eventually(lambda: failures.get() - before == MOST_LOADED + 2)
    await cancel_all([sweeping])


async def test_a_stream_that_was_invalidated_is_begun_anew() -> None:
    class FoundByNoLook(KeptClocks):
        async def due_by(self, moment: datetime, most: int) -> list[Due]:
            return []

    life = a_life_due_in_seconds()
    known = FoundByNoLook(life)
    assert life.record is not None
    assert life.record.next_at is not None
    known.collection = InvalidatedOnce((life.record.next_at, life.submission))
    clocks: Any = known
    sweeper = Sweeper(clocks, life.reference, cast(Lease, None), nothing, lambda: SUNDAY + HOUR)
    sweeping = asyncio.create_task(sweeper.lead())
    await eventually(lambda: known.written == 1)
    await cancel_all([sweeping])


async def test_a_clock_that_cannot_be_written_holds_up_none_of_its_batch() -> None:
    class OneIsTooLarge(KeptClocks):
        async def save(self, aggregates: Sequence[StoredAggregate[ClockRecord]]) -> None:
            if any(aggregate.id == "too-large" for aggregate in aggregates):
                raise ValueError("a document that is too large")
            await super().save(aggregates)

    life = a_life_due_in_seconds()
    known = OneIsTooLarge(life)
    clocks: Any = known
    failures = metrics.SWEEP_FAILURES._value
    before, at = failures.get(), SUNDAY + timedelta(seconds=8)
    sweeper = Sweeper(clocks, life.reference, cast(Lease, None), nothing, lambda: at)
    await sweeper.prepare([(at, "too-large"), (at, life.submission)])
    await sweeper.fire()
    assert (known.written, failures.get() - before) == (1, 1)
