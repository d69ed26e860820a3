"""Every clock comes out the same, field by field, when it is read again from its facts; or is brought there."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from shared.storage.aggregates import StoredAggregate
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.operations.rebuild import differences, differences_from_kafka, rebuild, rebuilt

from tests.support.new_rules import DEEDS, MONDAY, RULES, a_life_with_the_entity, closed_on
from tests.support.sla_monitor import HOUR, SUBMISSION, SUNDAY, Life, received

S = SUBMISSION
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(sorted(DEEDS)) | st.integers(0, len(RULES) - 1), st.integers(0, 3_000)), max_size=12
)


@given(HAPPENINGS, st.booleans())
@settings(max_examples=300)
def test_whatever_happened_a_rebuilt_clock_equals_the_one_that_was_kept(happenings: list[Any], is_early: bool) -> None:
    life, at, last = Life(), SUNDAY, None
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    for what, minutes in happenings:
        at += timedelta(minutes=minutes)
        life.sweep_until(at)
        if not isinstance(what, int):
            life.hear(DEEDS[what](S), at)
        elif what != last:
            last, chosen = what, RULES[what]
            life.publish(*chosen.get("policies", ()), at=at, calendars=chosen.get("calendars", ()))
            life.judge(at)
    now = at + timedelta(minutes=1 if is_early else 400 * 24 * 60)
    life.sweep_until(now)
    assert life.record is not None
    again = rebuilt(S, life.record, life.reference, now)
    assert list(differences(S, life.record, again)) == []


def spoilt(life: Life) -> ClockRecord:
    record = life.record
    assert record is not None
    assert record.standing is not None
    standing = record.standing.model_copy(update={"due_at": SUNDAY, "entity": "health"})
    return record.model_copy(update={"standing": standing, "next_at": None, "counted": (("works/x", 1),)})


def test_what_differs_is_named_field_by_field_and_brought_to_what_the_facts_say() -> None:
    life = a_life_with_the_entity()
    record = spoilt(life)
    aggregate: StoredAggregate[ClockRecord] = StoredAggregate(S, version=3, state=record, stored=record)
    found = rebuild(aggregate, life.reference, SUNDAY)
    assert [each.field for each in found] == ["standing.entity", "standing.due_at", "next_at", "counted"]
    assert aggregate.changed
    assert aggregate.entries == [], "nothing is said"
    assert aggregate.state == life.record
    assert rebuild(aggregate, life.reference, SUNDAY) == []


def test_what_a_publication_has_still_to_move_is_no_difference_and_is_not_moved_in_silence() -> None:
    life = a_life_with_the_entity()
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    now = SUNDAY + 2 * HOUR
    aggregate: StoredAggregate[ClockRecord] = StoredAggregate(S, version=3, state=life.record, stored=life.record)
    assert rebuild(aggregate, life.reference, now) == []
    assert life.judge(now) == ["DeadlineMoved"]


def test_a_fact_that_was_missed_or_is_held_otherwise_is_named() -> None:
    life = a_life_with_the_entity()
    record = life.record
    assert record is not None
    receipt, assignment = record.facts
    assert list(differences_from_kafka(S, record, [receipt, assignment])) == []
    other_calendar = assignment.model_copy(update={"calendar": "lunar"})
    assert list(differences_from_kafka(S, record, [other_calendar])) == [], "the directory said so then"
    held = record.model_copy(update={"facts": (receipt,)})
    [missed] = differences_from_kafka(S, held, [receipt, assignment])
    assert (missed.field, missed.stored, missed.rebuilt) == ("fact SubmissionAssigned", None, assignment.id)
    [otherwise] = differences_from_kafka(S, record, [assignment.model_copy(update={"entity": "health"})])
    assert otherwise.rebuilt == "held otherwise"
    assert len(list(differences_from_kafka(S, None, [receipt, assignment]))) == 2
