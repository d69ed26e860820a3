"""A case that cannot be counted: it says so, climbs the ladder for "nobody took it", and gets its clock when it can."""

from datetime import timedelta

import pytest
from shared.events.deadlines import (
    DeadlineEscalated,
    DeadlineMoved,
    DeadlineResumed,
    DeadlineSet,
    DeadlineUnknown,
)
from shared.events.envelope import Event
from shared.events.model import EventData
from shared.messaging.consumer import DeadLetteredEvent
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.commands import READ_AGAIN, note_set_aside
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.model import UNROUTED_AFTER
from sla_monitor.timekeeping.reference import Reference

from tests.support.new_rules import S
from tests.support.sla_monitor import (
    HOUR,
    SUNDAY,
    Life,
    a_rulebook,
    a_triage_policy,
    answered,
    assigned,
    information,
    no_rulebooks,
    question,
    received,
    withdrawn,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def that_cannot_be_followed() -> Life:
    """It has no policy for answers, which publishing would have refused."""
    return Life(a_rulebook(a_triage_policy()))


def by_a_version_that_can(life: Life) -> Life:
    known = Rulebooks(no_rulebooks)
    known.add(a_rulebook())
    life.reference = Reference(known, life.reference.directory)
    return life


def set_aside(life: Life, event: Event) -> list[str]:
    known = DeadLetteredEvent(event.topic, event.key, event.id, event.type, event.time, event.correlation_id)
    return life.apply(note_set_aside(life.record, known, life.reference, event.time))


def unread(life: Life, data: EventData) -> tuple[Event, list[str]]:
    event = life.event(data, SUNDAY)
    return event, set_aside(life, event)


def test_a_case_whose_due_time_cannot_be_computed_is_said_to_have_none() -> None:
    life = that_cannot_be_followed()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    assert life.hear(assigned(S), SUNDAY) == ["DeadlineUnknown"]
    [said] = life.said
    assert isinstance(said, DeadlineUnknown)
    assert (said.from_state, said.to_state, said.target, said.entity) == ("armed", "unknown", "answer", "works")
    assert said.since == SUNDAY
    assert life.record is not None
    assert life.record.unknown is not None
    assert life.record.standing is not None
    assert not life.record.standing.is_open
    assert life.hear(question(S, "q1"), SUNDAY + HOUR) == [], "it is said once"


def test_a_later_version_of_the_code_counts_it_within_ten_minutes_of_its_start() -> None:
    life = that_cannot_be_followed()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    assert life.sweep_until(SUNDAY + HOUR) == [], "tried again, and again in vain"
    assert life.record is not None
    assert life.record.next_at is not None
    assert life.record.next_at <= SUNDAY + HOUR + READ_AGAIN
    by_a_version_that_can(life)
    assert life.sweep(life.record.next_at) == ["DeadlineSet"]
    counted, beside = life.said[-1], Life()
    beside.hear(received(S, received_at=SUNDAY), SUNDAY)
    beside.hear(assigned(S), SUNDAY)
    assert isinstance(counted, DeadlineSet)
    assert counted.model_copy(update={"from_state": "armed"}) == beside.said[-1]
    assert (counted.from_state, life.record.unknown) == ("unknown", None)
    assert life.record.standing is not None
    assert life.record.standing.is_open


def test_a_case_whose_receipt_cannot_be_read_still_climbs_the_ladder_when_nobody_takes_it() -> None:
    life = Life()
    event, said = unread(life, received(S, received_at=SUNDAY))
    assert said == ["DeadlineUnknown"]
    assert set_aside(life, event) == [], "delivered again, it says nothing new"
    assert life.sweep_until(SUNDAY + UNROUTED_AFTER - SECOND) == []
    assert life.sweep_until(SUNDAY + UNROUTED_AFTER) == ["DeadlineEscalated"]
    escalated = life.said[-1]
    assert isinstance(escalated, DeadlineEscalated)
    assert (escalated.rung, escalated.to_role, escalated.target) == ("unrouted", "central", "triage")
    assert life.sweep_until(SUNDAY + HOUR) == [], "once"
    assert life.take(event, SUNDAY + 2 * HOUR) == []
    assert life.record is not None
    assert life.record.unknown is None
    assert life.sweep_until(SUNDAY + 3 * HOUR) == [], "nor once more when it is counted after all"


def test_what_somebody_has_is_not_said_to_be_nobodys() -> None:
    life = Life()
    unread(life, received(S, received_at=SUNDAY))
    assert life.hear(assigned(S), SUNDAY + SECOND) == []
    assert life.sweep_until(SUNDAY + HOUR) == []
    assert life.record is not None
    assert life.record.unknown is not None
    assert (life.record.unknown.target, life.record.unknown.entity) == ("answer", "works")


def test_a_receipt_that_is_replayed_gives_the_case_its_clock() -> None:
    life = Life()
    event, _ = unread(life, received(S, received_at=SUNDAY))
    life.hear(assigned(S), SUNDAY + SECOND)
    assert life.take(event, SUNDAY + HOUR) == ["DeadlineSet"]
    assert life.said[-1].from_state == "unknown"
    assert life.record is not None
    assert (life.record.unread, life.record.unknown, life.record.reference) == ((), None, "T-1")


@pytest.mark.parametrize("lost", [answered(S), question(S, "q1")], ids=lambda data: data.type)
def test_a_due_time_is_said_to_hold_no_more_while_what_it_turns_on_cannot_be_read(lost: EventData) -> None:
    life = Life()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    _, said = unread(life, lost)
    assert said == ["DeadlineUnknown"]
    assert life.sweep_until(SUNDAY + timedelta(days=90)) == [], "nobody is warned or blamed by what may be wrong"


def test_a_clock_that_runs_on_as_it_did_says_its_due_time_again() -> None:
    life = Life()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    first = life.said[-1]
    event, _ = unread(life, question(S, "q1"))
    life.hear(information(S, "q1"), SUNDAY + MINUTE)
    assert life.take(event, SUNDAY + HOUR) == ["DeadlineMoved"]
    moved = life.said[-1]
    assert isinstance(first, DeadlineSet)
    assert isinstance(moved, DeadlineMoved)
    assert (moved.from_state, moved.to_state, moved.reason) == ("unknown", "running", "counted_again")


def test_a_pause_is_told_again_and_its_end_is_told_as_ever() -> None:
    life = Life()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    life.hear(question(S, "q1"), SUNDAY)
    event, said = unread(life, information(S, "q2"))
    assert said == ["DeadlineUnknown"]
    assert life.take(event, SUNDAY + HOUR) == ["DeadlineMoved", "DeadlinePaused"]
    assert [(said.from_state, said.to_state) for said in life.said[-2:]] == [
        ("unknown", "running"),
        ("running", "paused"),
    ]
    event, _ = unread(life, information(S, "q1"))
    assert life.take(event, SUNDAY + HOUR) == ["DeadlineResumed"]
    assert isinstance(life.said[-1], DeadlineResumed)


def test_an_event_that_changes_no_clock_takes_none_away() -> None:
    life = Life()
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    life.hear(answered(S), SUNDAY + HOUR)
    assert unread(life, withdrawn(S))[1] == []
    assert life.record is not None
    assert life.record.standing is not None
    assert life.record.standing.state is State.MET
