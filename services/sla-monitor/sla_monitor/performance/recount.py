"""Recounts all clocks after a change of how cases are counted. Cases that change meanwhile are counted right either
way."""

from shared.storage.aggregates import StoredAggregate, VersionMiss

from sla_monitor.clocks.commands import counted_in, counted_of
from sla_monitor.clocks.record import ClockRecord, official_of
from sla_monitor.clocks.store import Clocks
from sla_monitor.performance.store import RecordStore
from sla_monitor.timekeeping.model import read_clock
from sla_monitor.timekeeping.reference import Reference

COUNTING = 5
"""The version of `clocks/case_results.py` and of the fields that lists need: a higher one recounts everything once.
Clocks that a process of the previous version writes afterwards are counted in the old way until they change again:
raise it once more when no such process is left."""
AT_ONCE = 200
ALL = "~"
"""Sorts after every id."""


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
