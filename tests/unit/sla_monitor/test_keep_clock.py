"""The SLA monitor publishes one deadline per happy path and each declaration once, and nothing early."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.events.deadlines import (
    DeadlineApproaching,
    DeadlineBreached,
    DeadlineEscalated,
    DeadlineMet,
    DeadlineMoved,
    DeadlinePaused,
    DeadlineResumed,
    DeadlineSet,
)
from shared.events.model import EventData
from shared.events.submissions import SubmissionHidden
from shared.messaging.consumer import RetryLater
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.commands import take_fact
from sla_monitor.timekeeping.model import read_clock
from sla_monitor.timekeeping.reference import Reference

from tests.support.new_rules import DAY, DUE, S
from tests.support.sla_monitor import (
    HOUR,
    SUNDAY,
    WORKING_DAY,
    Life,
    a_policy,
    a_rulebook,
    a_triage_policy,
    answered,
    assigned,
    information,
    interim,
    no_rulebooks,
    question,
    received,
    reopened,
    transferred,
    triage,
    withdrawn,
)

SECOND = timedelta(seconds=1)
WARNED = SUNDAY + 3 * DAY + WORKING_DAY


def receipt(at: datetime = SUNDAY) -> EventData:
    return received(S, received_at=at)


def a_life_with_the_entity(**rules: Any) -> Life:
    life = Life(**rules)
    assert life.hear(receipt(), SUNDAY) == []
    assert life.hear(assigned(S), SUNDAY) == ["DeadlineSet"]
    return life


def test_the_happy_path_has_exactly_one_deadline_set() -> None:
    life = a_life_with_the_entity()
    assert life.hear(answered(S), SUNDAY + HOUR) == ["DeadlineMet"]
    set_, met = life.said
    assert isinstance(set_, DeadlineSet)
    assert (set_.entity, set_.due_at, set_.from_state, set_.to_state) == ("works", DUE, "armed", "running")
    assert (set_.policy, set_.policy_version, set_.calendar, set_.calendar_version) == ("answer", 1, "government", 1)
    assert len(set_.windows) == 5
    assert isinstance(met, DeadlineMet)
    assert (met.in_time, met.consumed_seconds, met.to_state) == (True, 3_600, "met")
    assert life.record is not None
    assert life.record.next_at is None


def test_a_receipt_with_answers_to_its_categorys_questions_gets_its_clock() -> None:
    """Their field is called as that of an added information which names the official's question that it answers."""
    life = Life()
    filled = received(S, received_at=SUNDAY, category="roads.pothole", answers={"size": "wheel", "lanes": ("left",)})
    assert life.hear(filled, SUNDAY) == []
    assert life.hear(assigned(S), SUNDAY) == ["DeadlineSet"]
    assert life.record is not None
    assert [(fact.category, fact.question) for fact in life.record.facts[:1]] == [("roads.pothole", None)]


def test_no_free_text_is_kept() -> None:
    life = a_life_with_the_entity()
    life.hear(question(S, "q1"), SUNDAY + HOUR)
    life.hear(information(S, "q1"), SUNDAY + 2 * HOUR)
    assert life.record is not None
    kept = life.record.model_dump_json()
    assert "lamp" not in kept.lower()
    assert "Number 12" not in kept


def test_triage_sets_the_deadline_and_the_assignment_moves_it() -> None:
    life = Life()
    life.hear(receipt(), SUNDAY)
    assert life.hear(triage(S), SUNDAY + SECOND) == ["DeadlineSet"]
    assert life.hear(assigned(S), SUNDAY + HOUR) == ["DeadlineMoved"]
    set_, moved = life.said
    assert isinstance(set_, DeadlineSet)
    assert isinstance(moved, DeadlineMoved)
    assert (set_.target, set_.entity, set_.due_at) == ("triage", "central-office", SUNDAY + WORKING_DAY)
    assert (moved.target, moved.entity, moved.from_due_at) == ("answer", "works", set_.due_at)
    assert (moved.due_at, moved.reason) == (SUNDAY + 7 * DAY + HOUR, "assigned")


def test_a_case_that_nobody_took_within_a_minute_is_escalated_once() -> None:
    life = Life()
    life.hear(receipt(), SUNDAY)
    assert life.sweep(SUNDAY + 59 * SECOND) == []
    assert life.sweep(SUNDAY + 60 * SECOND) == ["DeadlineEscalated"]
    assert life.sweep(SUNDAY + 61 * SECOND) == []
    [escalated] = life.said
    assert isinstance(escalated, DeadlineEscalated)
    assert (escalated.rung, escalated.to_role, escalated.entity) == ("unrouted", "central", "central-office")
    assert life.hear(assigned(S), SUNDAY + 70 * SECOND) == ["DeadlineSet"]


def test_nobody_is_blamed_for_what_was_read_late() -> None:
    """After an outage of the SLA monitor the receipt is old; the assignment stands right behind it."""
    life = Life()
    assert life.hear(receipt(), SUNDAY + HOUR) == []
    assert life.take(life.event(assigned(S), SUNDAY + SECOND), SUNDAY + HOUR) == ["DeadlineSet"]
    assert life.sweep(SUNDAY + HOUR + DAY) == []


def test_a_late_receipt_that_nobody_follows_is_escalated_a_little_later() -> None:
    life = Life()
    life.hear(receipt(), SUNDAY + HOUR)
    assert life.sweep(SUNDAY + HOUR + 4 * SECOND) == []
    assert life.sweep(SUNDAY + HOUR + 5 * SECOND) == ["DeadlineEscalated"]


def test_warning_breach_and_head_come_at_their_moments_and_never_again() -> None:
    life = a_life_with_the_entity()
    assert life.record is not None
    assert life.record.next_at == WARNED
    assert life.sweep(WARNED - timedelta(milliseconds=1)) == []
    assert life.sweep(WARNED) == ["DeadlineApproaching"]
    assert life.sweep(DUE) == ["DeadlineBreached", "DeadlineEscalated"]
    assert life.sweep(DUE + DAY) == []
    _, approaching, breached, head = life.said
    assert isinstance(approaching, DeadlineApproaching)
    assert (approaching.share, approaching.due_at) == (0.8, DUE)
    assert isinstance(breached, DeadlineBreached)
    assert isinstance(head, DeadlineEscalated)
    assert (head.rung, head.to_role) == ("head", "head")
    assert len(set(life.ids[1:])) == 3
    late = life.hear(answered(S), DUE + DAY)
    assert late == ["DeadlineMet"]
    assert isinstance(life.said[-1], DeadlineMet)
    assert not life.said[-1].in_time


@pytest.mark.parametrize(("priority", "tell_from"), [("normal", SUNDAY + 2 * DAY), ("urgent", None)])
def test_whoever_is_late_at_midnight_is_told_in_the_morning_unless_it_is_urgent(
    priority: str, tell_from: datetime | None
) -> None:
    midnight = SUNDAY - 7 * HOUR
    life = Life(a_rulebook(a_policy(targets={"answer": {"days": 2}}), a_triage_policy()))
    life.hear(receipt(midnight), midnight)
    life.hear(assigned(S).model_copy(update={"priority": priority}), midnight)
    due = midnight + 2 * DAY
    assert "DeadlineBreached" in life.sweep_until(due), "the breach itself does not wait"
    breach = next(each for each in life.said if isinstance(each, DeadlineBreached))
    assert (breach.due_at, breach.tell_from) == (due, tell_from)


def test_what_came_due_during_an_outage_is_declared_in_order_and_once() -> None:
    life = a_life_with_the_entity()
    assert life.sweep(DUE + 30 * DAY) == ["DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
    assert life.sweep(DUE + 31 * DAY) == []


def test_the_same_declaration_has_the_same_id_wherever_it_is_decided() -> None:
    one, other = a_life_with_the_entity(), a_life_with_the_entity()
    one.sweep_until(DUE)
    other.sweep(DUE)
    assert one.ids[1:] == other.ids[1:]


def test_a_late_answer_takes_no_declaration_back() -> None:
    life = a_life_with_the_entity()
    life.sweep_until(DUE)
    assert life.take(life.event(answered(S), DUE - HOUR), now=DUE + HOUR) == ["DeadlineMet"]
    assert isinstance(life.said[-1], DeadlineMet)
    assert life.said[-1].in_time
    assert life.record is not None
    assert [declaration.rung for declaration in life.record.declarations] == ["warning-80", "breach", "head"]


def test_question_and_answer_pause_and_resume() -> None:
    life = a_life_with_the_entity()
    assert life.hear(question(S, "q1"), SUNDAY + HOUR) == ["DeadlinePaused"]
    assert life.hear(information(S), SUNDAY + 2 * HOUR) == []
    assert life.hear(information(S, "other"), SUNDAY + 2 * HOUR) == []
    assert life.hear(information(S, "q1"), SUNDAY + 3 * HOUR) == ["DeadlineResumed"]
    _, paused, resumed = life.said
    assert isinstance(paused, DeadlinePaused)
    assert paused.until == SUNDAY + 14 * DAY + HOUR
    assert isinstance(resumed, DeadlineResumed)
    assert (resumed.reason, resumed.question_id) == ("answered", "q1")
    assert resumed.due_at == SUNDAY + 7 * DAY + 2 * HOUR
    assert resumed.windows[0][0] == SUNDAY + 3 * HOUR


def test_waiting_ends_at_its_limit() -> None:
    life = a_life_with_the_entity(rulebook=a_rulebook(a_policy(waiting_limit="7h15m"), a_triage_policy()))
    life.hear(question(S, "q1"), SUNDAY + HOUR)
    assert life.record is not None
    assert life.record.next_at == SUNDAY + DAY + HOUR
    assert life.sweep(SUNDAY + DAY + HOUR) == ["DeadlineResumed"]
    assert isinstance(life.said[-1], DeadlineResumed)
    assert life.said[-1].reason == "limit"
    # The citizen had answered before the limit after all, and the news of it was late.
    assert life.take(life.event(information(S, "q1"), SUNDAY + 2 * HOUR), SUNDAY + 2 * DAY) == ["DeadlineMoved"]
    assert isinstance(life.said[-1], DeadlineMoved)
    assert life.said[-1].reason == "late_fact"


def test_each_custodian_breaches_for_itself_under_one_policy() -> None:
    life = a_life_with_the_entity()
    life.sweep_until(DUE + DAY)
    assert life.hear(transferred(S), DUE + 3 * DAY) == ["DeadlineMoved"]
    life.sweep_until(DUE + 30 * DAY)
    breached = [said for said in life.said if isinstance(said, DeadlineBreached)]
    assert [said.entity for said in breached] == ["works", "health"]
    assert len({id for id in life.ids if id}) == 6


def test_a_breach_that_nobody_saw_before_the_transfer_is_still_the_old_custodians() -> None:
    life = a_life_with_the_entity()
    said = life.hear(transferred(S), DUE + DAY)
    assert said == ["DeadlineBreached", "DeadlineEscalated", "DeadlineMoved"]
    assert life.said[1].entity == "works"


def test_reopening_begins_anew_and_is_met_anew() -> None:
    life = a_life_with_the_entity()
    life.hear(answered(S), SUNDAY + HOUR)
    assert life.hear(reopened(S), SUNDAY + 14 * DAY) == ["DeadlineMoved"]
    assert life.hear(assigned(S), SUNDAY + 14 * DAY + SECOND) == []
    assert isinstance(life.said[-1], DeadlineMoved)
    assert (life.said[-1].reason, life.said[-1].from_state, life.said[-1].due_at) == (
        "reopened",
        "met",
        DUE + 14 * DAY,
    )
    assert life.hear(answered(S), SUNDAY + 15 * DAY) == ["DeadlineMet"]


def test_a_withdrawn_case_asks_for_nothing_more() -> None:
    life = a_life_with_the_entity()
    assert life.hear(withdrawn(S), SUNDAY + HOUR) == []
    assert life.record is not None
    assert life.record.next_at is None
    assert life.record.standing is not None
    assert not life.record.standing.is_open


def test_facts_before_the_receipt_wait_for_it() -> None:
    life = Life()
    first = life.event(receipt(), SUNDAY)
    assert life.hear(assigned(S), SUNDAY + SECOND) == []
    assert life.hear(question(S, "q1"), SUNDAY + HOUR) == []
    assert life.take(first, SUNDAY + HOUR) == ["DeadlineSet", "DeadlinePaused"]


def test_a_repeated_fact_and_one_no_clock_turns_on_change_nothing() -> None:
    life = Life()
    event = life.event(receipt(), SUNDAY)
    life.take(event)
    before = life.record
    assert life.take(event) == []
    hidden = SubmissionHidden(submission_id=S, from_state="answered", to_state="answered", reason="a name")
    assert life.hear(hidden, SUNDAY + HOUR) == []
    assert life.record == before


def test_what_happens_soon_is_announced() -> None:
    life = a_life_with_the_entity(rulebook=a_rulebook(a_policy(answer="10s"), a_triage_policy()))
    assert life.record is not None
    assert life.record.imminent
    assert not (a_life_with_the_entity().record or life.record).imminent


def test_nothing_is_decided_before_a_rulebook_is_there() -> None:
    life = Life()
    reference = Reference(Rulebooks(no_rulebooks), life.reference.directory)
    with pytest.raises(RetryLater):
        take_fact(None, life.event(receipt(), SUNDAY), reference, SUNDAY)


def test_an_interim_reply_moves_the_deadline_and_says_so() -> None:
    rulebook = a_rulebook(a_policy(interim_extension="7h15m"), a_triage_policy())
    life = a_life_with_the_entity(rulebook=rulebook)
    assert life.hear(interim(S), SUNDAY + HOUR) == ["DeadlineMoved"]
    assert life.hear(interim(S), SUNDAY + DAY) == [], "once"
    [_, moved] = life.said
    assert isinstance(moved, DeadlineMoved)
    assert (moved.due_at, moved.reason) == (DUE + 3 * DAY, "interim_reply")


COMMANDS = {
    "triage": triage,
    "assigned": assigned,
    "to health": lambda s: transferred(s, entity="health"),
    "to ewa": lambda s: transferred(s, entity="ewa"),
    "question": lambda s: question(s, "q1"),
    "another question": lambda s: question(s, "q2"),
    "reply": lambda s: information(s, "q1"),
    "other reply": lambda s: information(s, "q2"),
    "answered": answered,
    "reopened": reopened,
    "withdrawn": withdrawn,
}
DEEDS = st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), st.integers(0, 3_000)), max_size=9)


@given(DEEDS, st.lists(st.integers(0, 4_000), min_size=10, max_size=10), st.booleans())
@settings(max_examples=300)
def test_whatever_is_delivered_when_all_ends_as_the_facts_say(
    deeds: list[Any], delays: list[int], swept_meanwhile: bool
) -> None:
    rulebook = a_rulebook(a_policy(answer="14h30m", waiting_limit="7h15m"), a_triage_policy())
    life = Life(rulebook)
    at, events = SUNDAY, [life.event(receipt(), SUNDAY)]
    for name, minutes in deeds:
        at += timedelta(minutes=minutes)
        events.append(life.event(COMMANDS[name](S), at))
    pairs = zip(events, delays, strict=False)
    arrivals = sorted((event.time + timedelta(minutes=delay), number) for number, (event, delay) in enumerate(pairs))
    for now, number in arrivals:
        if swept_meanwhile:
            life.sweep_until(now)
        life.take(events[number], now)
    end = datetime(2027, 1, 1, tzinfo=UTC)
    life.sweep_until(end)

    assert life.record is not None
    clock = read_clock(life.record.facts, life.reference.rules(), end)
    assert clock is not None
    said = Counter(data.type for data in life.said)
    assert said["DeadlineSet"] <= 1
    ids = [id for id in life.ids if id is not None]
    assert len(ids) == len(set(ids)), "every declaration once"
    assert all(declaration.at <= declaration.declared_at for declaration in life.record.declarations), "never early"
    if life.record.told is not None and clock.state in ("running", "met"):
        assert (life.record.told.state, life.record.told.run) == (clock.state, clock.run.id)
        assert life.record.told.due_at == clock.due_at
    if clock.state == "running":
        assert life.record.next_at is None, "at the end everything is declared"
        assert any(declaration.rung == "breach" for declaration in life.record.declarations)
    states = [(data.from_state, data.to_state) for data in life.said if isinstance(data, DeadlinePaused)]
    assert all(to == "paused" for _, to in states)
