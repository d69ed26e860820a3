"""Calendars and policies change while cases are open: what moves, what is said of it, and what stays as it was."""

import os
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.events.deadlines import DeadlineBreached, DeadlineMoved
from shared.events.model import EventData
from shared.messaging.consumer import RetryLater
from sla_monitor.clocks.api_models import ClockAnswer
from sla_monitor.clocks.case_results import Count

from tests.support.new_rules import (
    DAY,
    DEEDS,
    DUE,
    MONDAY,
    RULES,
    WITHOUT_MONDAY,
    S,
    a_life_with_the_entity,
    clock_of,
    closed_on,
    record_of,
)
from tests.support.sla_monitor import (
    HOUR,
    SUNDAY,
    WORKING_DAY,
    Life,
    a_policy,
    a_triage_policy,
    answered,
    assigned,
    information,
    question,
    received,
    reopened,
    transferred,
)


def last_move(life: Life) -> DeadlineMoved:
    moved = life.said[-1]
    assert isinstance(moved, DeadlineMoved)
    return moved


def counted(life: Life, what: Count) -> list[int]:
    return [number for key, number in record_of(life).counted if key.endswith(f"/{what}")]


def test_a_holiday_that_is_announced_late_moves_every_open_case_and_says_why() -> None:
    life = a_life_with_the_entity()
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    assert life.judge(SUNDAY + 2 * HOUR) == ["DeadlineMoved"]
    moved = last_move(life)
    assert (moved.from_due_at, moved.due_at, moved.reason) == (DUE, WITHOUT_MONDAY, "calendar_changed")
    assert MONDAY not in {opens.date() for opens, _ in moved.windows}
    assert record_of(life).rulebook == 2
    assert life.judge(SUNDAY + 3 * HOUR) == [], "once"


def test_a_holiday_that_is_announced_after_it_was_counts_all_the_same() -> None:
    life = a_life_with_the_entity()
    tuesday = SUNDAY + 2 * DAY
    life.publish(at=tuesday, calendars=closed_on(MONDAY))
    life.judge(tuesday)
    assert last_move(life).due_at == WITHOUT_MONDAY
    assert clock_of(life, tuesday).run.consumed(tuesday) == WORKING_DAY


def test_what_was_declared_by_a_version_that_did_not_note_whose_part_it_was_is_not_declared_again() -> None:
    life = a_life_with_the_entity()
    late = DUE + HOUR
    life.sweep_until(late + 3 * DAY)
    said = len(life.said)
    old = tuple(each.model_copy(update={"run": None}) for each in record_of(life).declarations)
    assert "breach" in {each.rung for each in old}
    life.record = record_of(life).model_copy(update={"declarations": old})
    renamed = a_policy(name={"ar": "اسم آخر", "en": "Another name"})
    life.publish(renamed, a_triage_policy(), at=late + 3 * DAY)
    assert life.judge(late + 3 * DAY) == []
    assert life.sweep_until(late + 30 * DAY) == []
    assert len(life.said) == said


def test_a_holiday_that_is_moved_moves_the_day_with_it() -> None:
    tuesday = date(2026, 4, 7)
    life = Life()
    life.publish(at=SUNDAY, calendars=closed_on(MONDAY))
    life.hear(received(S, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(S), SUNDAY)
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(tuesday))
    assert life.judge(SUNDAY + 2 * HOUR) == [], "as many days as before"
    assert clock_of(life, SUNDAY + DAY + WORKING_DAY).run.consumed(SUNDAY + DAY + WORKING_DAY) == 2 * WORKING_DAY


def test_a_shorter_target_moves_open_cases_and_what_it_has_passed_is_said_at_once() -> None:
    life = a_life_with_the_entity()
    life.publish(a_policy(answer="7h15m"), a_triage_policy(), at=SUNDAY + DAY)
    assert life.judge(SUNDAY + DAY) == ["DeadlineMoved", "DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
    moved = life.said[1]
    assert isinstance(moved, DeadlineMoved)
    assert (moved.due_at, moved.reason) == (SUNDAY + WORKING_DAY, "policy_changed")


def test_a_policy_from_a_day_on_leaves_what_began_before() -> None:
    life = a_life_with_the_entity()
    since = SUNDAY + 2 * HOUR
    life.publish(a_policy(answer="7h15m", valid_from=since), a_triage_policy(), at=SUNDAY + HOUR)
    assert life.judge(SUNDAY + HOUR) == []
    assert clock_of(life, SUNDAY + HOUR).due_at == DUE
    assert life.hear(transferred(S), since) == ["DeadlineMoved"]
    assert last_move(life).due_at == SUNDAY + DAY + 2 * HOUR, "a part that begins later has the new one"


def test_a_breach_stays_and_it_is_noted_that_it_would_be_in_time_now() -> None:
    life = a_life_with_the_entity()
    life.sweep_until(DUE + HOUR)
    life.publish(at=DUE + HOUR, calendars=closed_on(MONDAY))
    assert life.judge(DUE + HOUR) == ["DeadlineMoved"]
    later = DUE + 2 * HOUR
    shown = ClockAnswer.of(S, record_of(life), clock_of(life, later), later)
    assert [(each.rung, each.would_be_in_time_now) for each in shown.declarations] == [
        ("warning-80", False),
        ("breach", True),
        ("head", False),
    ]
    assert life.sweep_until(WITHOUT_MONDAY + DAY) == [], "a breach is declared once"
    shown = ClockAnswer.of(S, record_of(life), clock_of(life, WITHOUT_MONDAY + DAY), WITHOUT_MONDAY + DAY)
    assert not any(each.would_be_in_time_now for each in shown.declarations)


def test_what_was_said_under_an_earlier_policy_is_not_said_again_for_having_come_sooner() -> None:
    life = a_life_with_the_entity()
    life.sweep_until(DUE + HOUR)
    life.publish(a_policy(answer="29h"), a_triage_policy(), at=DUE + HOUR)
    assert life.judge(DUE + HOUR) == ["DeadlineMoved"]
    assert life.sweep_until(DUE + 30 * DAY) == []


def test_where_a_policy_gives_more_time_its_end_is_said_as_well() -> None:
    life = a_life_with_the_entity()
    life.sweep_until(DUE + HOUR)
    life.publish(a_policy(answer="72h30m"), a_triage_policy(), at=DUE + HOUR)
    assert life.judge(DUE + HOUR) == ["DeadlineMoved"]
    again = ["DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
    assert life.sweep_until(DUE + 30 * DAY) == again
    breaches = [said for said in life.said if isinstance(said, DeadlineBreached)]
    assert [said.due_at for said in breaches] == [DUE, DUE + 7 * DAY]
    assert len({id for id in life.ids if id}) == 6


def test_what_has_ended_is_never_judged_anew() -> None:
    life = a_life_with_the_entity()
    life.hear(answered(S), DUE - HOUR)
    life.publish(a_policy(answer="1h"), a_triage_policy(), at=DUE)
    assert life.judge(DUE + HOUR) == []
    assert (counted(life, Count.IN_TIME), counted(life, Count.LATE)) == ([1], [])
    assert clock_of(life, DUE + HOUR).due_at == DUE


def test_a_reopened_case_is_judged_by_what_holds_now_and_its_first_answer_stays_in_the_record() -> None:
    life = a_life_with_the_entity()
    life.hear(answered(S), DUE - HOUR)
    life.publish(a_policy(answer="7h15m"), a_triage_policy(), at=DUE)
    sunday = SUNDAY + 7 * DAY
    life.hear(reopened(S), sunday)
    assert last_move(life).due_at == sunday + WORKING_DAY
    life.hear(answered(S), sunday + 2 * DAY)
    assert (counted(life, Count.IN_TIME), counted(life, Count.LATE)) == ([1], [1])


def test_an_earlier_custodian_is_not_made_late_by_a_policy_that_came_after_it() -> None:
    life = a_life_with_the_entity()
    life.hear(transferred(S), SUNDAY + DAY)
    life.publish(a_policy(answer="1h"), a_triage_policy(), at=SUNDAY + DAY + HOUR)
    life.judge(SUNDAY + DAY + 2 * HOUR)
    assert [said.entity for said in life.said if isinstance(said, DeadlineBreached)] == ["health"]


def test_news_of_an_answer_that_was_given_before_the_publication_finds_the_rules_of_its_time() -> None:
    """Facts that come late give the same clock, whatever was published meanwhile."""
    punctual, late = a_life_with_the_entity(), a_life_with_the_entity()
    answer = punctual.event(answered(S), SUNDAY + HOUR)
    punctual.take(answer)
    for life in (punctual, late):
        life.publish(a_policy(answer="30m"), a_triage_policy(), at=SUNDAY + DAY)
        life.judge(SUNDAY + DAY)
    late.take(answer, SUNDAY + 2 * DAY)
    assert record_of(late).counted == record_of(punctual).counted
    assert record_of(late).standing == record_of(punctual).standing


def test_a_case_that_comes_by_another_calendar_is_told_so_even_before_it_was_its_turn() -> None:
    life = a_life_with_the_entity()
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    assert life.hear(information(S), SUNDAY + HOUR) == [], "no clock turns on a comment"
    assert life.hear(question(S, "q1"), SUNDAY + HOUR) == ["DeadlinePaused"]
    assert life.hear(information(S, "q1"), SUNDAY + 2 * HOUR) == ["DeadlineResumed"]
    assert record_of(life).rulebook == 2


def test_no_clock_goes_back_to_a_rulebook_that_it_has_left() -> None:
    life, behind = a_life_with_the_entity(), Life()
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    life.judge(SUNDAY + HOUR)
    behind.record = life.record
    with pytest.raises(RetryLater):
        behind.sweep(DUE + DAY)


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(sorted(DEEDS)) | st.integers(0, len(RULES) - 1), st.integers(0, 3_000)), max_size=9
)


@given(HAPPENINGS, st.lists(st.integers(0, 4_000), min_size=10, max_size=10), st.booleans())
@settings(max_examples=1_000 if os.environ.get("TAWASUL_TEST_THOROUGH") else 100)
def test_however_late_facts_and_rules_are_taken_in_all_ends_the_same(
    happenings: list[Any], delays: list[int], is_judged_at_once: bool
) -> None:
    """Rules are known when they are published; each fact comes when it comes, and clocks are judged anew or not yet."""
    life, in_order = Life(), Life()
    at, timeline = SUNDAY, [(SUNDAY, life.event(received(S, received_at=SUNDAY), SUNDAY), 0)]
    rules: list[tuple[datetime, int]] = []
    for number, (what, minutes) in enumerate(happenings):
        at += timedelta(minutes=minutes)
        if isinstance(what, int):
            if not rules or (rules[-1][0] < at and rules[-1][1] != what):
                rules.append((at, what))
        else:
            data: EventData = DEEDS[what](S)
            timeline.append((at, life.event(data, at), delays[number]))
    for one, delayed in ((life, 1), (in_order, 0)):
        arrivals: list[Any] = [
            (time + timedelta(minutes=delay * delayed), 1, n) for n, (time, _, delay) in enumerate(timeline)
        ]
        arrivals += [(time, 0, n) for n, (time, _) in enumerate(rules)]
        for now, is_fact, n in sorted(arrivals):
            if is_fact:
                one.take(timeline[n][1], now)
            else:
                chosen = RULES[rules[n][1]]
                one.publish(*chosen.get("policies", ()), at=now, calendars=chosen.get("calendars", ()))
                if is_judged_at_once and one.record is not None:
                    one.judge(now)
        end = SUNDAY + 400 * DAY
        if one.record is not None:
            one.sweep_until(end)
            one.judge(end)
    assert record_of(life).standing == record_of(in_order).standing
    assert record_of(life).counted == record_of(in_order).counted
    assert record_of(life).next_at is None
