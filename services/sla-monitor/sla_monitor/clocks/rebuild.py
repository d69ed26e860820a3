"""Every clock once more from what cannot be derived: its facts, what was declared and what was told.

What a record holds beside these was read from them when it was last written. Read again it must come out the same,
field by field, as long as the sweeper has nothing left to do; where it does not, it is brought to what its facts say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.storage.aggregates import StoredAggregate

from sla_monitor.clocks.commands import Reference, read_again
from sla_monitor.clocks.facts import Fact
from sla_monitor.clocks.record import ClockRecord

DERIVED = ("standing", "next_at", "counted")
"""Not `rulebook` and `imminent`: they say when it was read, not what."""
NOT_OF_KAFKA = ("calendar", "area")
"""Of a fact, what the directory said when it was taken."""


@dataclass(frozen=True)
class Difference:
    submission: str
    field: str
    stored: Any
    rebuilt: Any


def rebuilt(submission: str, record: ClockRecord, reference: Reference, now: datetime) -> ClockRecord:
    """By the rulebook that it was read by last: to bring what is open under a newer one, and say so, is not done here.
    Raises RetryLater while that rulebook is not known here."""
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
    return read_again(submission, bare, rules, now)


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
    """Facts that Kafka holds and the record does not, or holds otherwise."""
    known = {fact.id: fact for fact in stored.facts} if stored else {}
    for fact in heard:
        mine = known.get(fact.id)
        if mine is None:
            yield Difference(submission, f"fact {fact.type}", None, fact.id)
        elif mine.model_dump(exclude={*NOT_OF_KAFKA}) != fact.model_dump(exclude={*NOT_OF_KAFKA}):
            yield Difference(submission, f"fact {fact.type}", mine.id, "held otherwise")


def rebuild(aggregate: StoredAggregate[ClockRecord], reference: Reference, now: datetime) -> list[Difference]:
    """Brings it to what its facts say; nothing is published."""
    record = aggregate.state
    assert record is not None
    again = rebuilt(aggregate.id, record, reference, now)
    found = list(differences(aggregate.id, record, again))
    if found:
        aggregate.state, aggregate.changed = again, True
    return found
