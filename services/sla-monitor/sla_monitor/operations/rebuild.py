"""Rebuilds a clock from the fields that cannot be derived: facts, declarations and the published state.

All other fields are derived. Recomputed, they must be the same field by field, as long as nothing is due for the
sweeper; where they differ, they are corrected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.storage.aggregates import StoredAggregate

from sla_monitor.clocks.commands import recompute
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.timekeeping.facts import Fact
from sla_monitor.timekeeping.reference import Reference

DERIVED = ("standing", "next_at", "counted")
"""The compared fields. `rulebook` and `imminent` say when the clock was computed, and are left out."""
NOT_OF_KAFKA = ("calendar", "area")
"""Fields of a fact that come from the directory at the time it was taken."""


@dataclass(frozen=True)
class Difference:
    submission: str
    field: str
    stored: Any
    rebuilt: Any


def rebuilt(submission: str, record: ClockRecord, reference: Reference, now: datetime) -> ClockRecord:
    """Recompute a record by the rulebook that it was last computed by; recalculation under a newer one is not done
    here. Raises RetryLater while that rulebook is not known here."""
    rules = reference.rules(record.rulebook)
    if record.standing is not None and record.standing.is_open:
        rules = rules.until(record.rulebook)
    bare = ClockRecord(
        rulebook=record.rulebook,
        correlation_id=record.correlation_id,
        reference=record.reference,
        facts=record.facts,
        declarations=record.declarations,
        told=record.told,
        moved_from=record.moved_from,
    )
    return recompute(submission, bare, rules, now)


def differences(submission: str, stored: ClockRecord, again: ClockRecord) -> Iterator[Difference]:
    for field in DERIVED:
        one, other = getattr(stored, field), getattr(again, field)
        if field == "standing" and one is not None and other is not None:
            for part in type(one).model_fields:
                if getattr(one, part) != getattr(other, part):
                    yield Difference(submission, f"standing.{part}", getattr(one, part), getattr(other, part))
        elif one != other:
            yield Difference(submission, field, one, other)


def differences_from_kafka(submission: str, stored: ClockRecord | None, heard: Sequence[Fact]) -> Iterator[Difference]:
    """Return the facts that Kafka has and the record lacks or has otherwise."""
    known = {fact.id: fact for fact in stored.facts} if stored else {}
    for fact in heard:
        mine = known.get(fact.id)
        if mine is None:
            yield Difference(submission, f"fact {fact.type}", None, fact.id)
        elif mine.model_dump(exclude={*NOT_OF_KAFKA}) != fact.model_dump(exclude={*NOT_OF_KAFKA}):
            yield Difference(submission, f"fact {fact.type}", mine.id, "held otherwise")


def rebuild(aggregate: StoredAggregate[ClockRecord], reference: Reference, now: datetime) -> list[Difference]:
    """Correct the stored record by its facts; nothing is published."""
    record = aggregate.state
    assert record is not None
    again = rebuilt(aggregate.id, record, reference, now)
    found = list(differences(aggregate.id, record, again))
    if found:
        aggregate.state, aggregate.changed = again, True
    return found
