"""Goes through all clocks and brings what was counted of each to what counts: after a change of how it is counted, and
for clocks from before there was a record. Cases that change meanwhile are counted right either way."""

from shared.storage.aggregates import StoredAggregate, VersionMiss

from sla_monitor.clocks.commands import Reference, counted_in, counted_of
from sla_monitor.clocks.model import read_clock
from sla_monitor.clocks.record import ClockRecord, official_of
from sla_monitor.clocks.store import Clocks
from sla_monitor.performance.store import RecordStore

COUNTING = 5
"""The version of `domain/performance.py`, and of what lists need of a clock: a higher one counts everything anew, once.
What a process of the version before wrote after that is counted in its way until the case changes again: raise it once
more when none is left."""
AT_ONCE = 200
ALL = "~"
"""After every id."""


async def recount(clocks: Clocks, store: RecordStore, reference: Reference) -> None:
    version, after = await store.recounted()
    if version > COUNTING:
        return  # a newer version runs beside this one: what it counted stays
    if version < COUNTING:
        after = ""
    while after != ALL:
        found = await clocks.after(after, AT_ONCE)
        for aggregate in found.values():
            _count(aggregate, reference)
        try:
            await clocks.save(list(found.values()))
        except VersionMiss:
            continue
        after = max(found) if len(found) == AT_ONCE else ALL
        await store.note_recounted(COUNTING, after)


def _count(aggregate: StoredAggregate[ClockRecord], reference: Reference) -> None:
    record = aggregate.state
    assert record is not None
    rules = reference.rules(record.rulebook)
    # What counts depends on the facts alone: any time not before them reads the same.
    last = max((fact.time for fact in record.facts), default=rules.newest.published_at)
    clock = read_clock(record.facts, rules, last)
    counted = counted_of(clock, rules) if clock is not None else ()
    found_by = counted_in(counted)
    standing = record.standing
    if clock is not None and standing is not None:
        standing = standing.model_copy(update={"official": official_of(clock), "confided": clock.confided})
    if (counted, found_by, standing) != (record.counted, record.counted_in, record.standing):
        aggregate.state = record.model_copy(update={"counted": counted, "counted_in": found_by, "standing": standing})
        aggregate.changed = True
