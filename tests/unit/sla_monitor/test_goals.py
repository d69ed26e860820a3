"""Targets beside the answer, and the reminder of who was asked."""

from datetime import timedelta
from typing import Any

import pytest
from shared.events import assignments
from shared.events.deadlines import DeadlineBreached, DeadlineEscalated, ReplyAwaited
from sla_monitor.calendars.checks import faults
from sla_monitor.calendars.policies import Policy
from sla_monitor.calendars.rulebook import Rules
from sla_monitor.clocks.api_models import ClockAnswer
from sla_monitor.deadlines.goals import Goal, goals
from sla_monitor.timekeeping.model import read_clock

from tests.support.sla_monitor import (
    HOUR,
    SUBMISSION,
    SUNDAY,
    WORKING_DAY,
    History,
    Life,
    a_calendar,
    a_policy,
    a_rulebook,
    a_triage_policy,
    answered,
    assigned,
    information,
    interim,
    question,
    received,
    reopened,
    transferred,
)

DAY = timedelta(days=1)
TARGETS = {
    "answer": {"working": "36h15m", "warn_at": []},
    "acknowledge": {"working": "2h", "warn_at": [0.5]},
    "update": {"working": "7h15m", "warn_at": []},
    "resolve": {"working": "50h45m", "warn_at": []},
}


def a_policy_with_goals(**changed: Any) -> Policy:
    return a_policy(targets=TARGETS, **changed)


def a_life(**changed: Any) -> Life:
    life = Life(a_rulebook(a_policy_with_goals(**changed), a_triage_policy()))
    life.hear(received(SUBMISSION, received_at=SUNDAY), SUNDAY)
    life.hear(assigned(SUBMISSION), SUNDAY)
    return life


def acknowledged() -> assignments.AssignmentAcknowledged:
    return assignments.AssignmentAcknowledged(
        submission_id=SUBMISSION, from_state="assigned", to_state="acknowledged", entity="works", official="officer-1"
    )


def missed(life: Life) -> list[str]:
    return [said.target for said in life.said if isinstance(said, DeadlineBreached)]


def goals_of(history: History, **changed: Any) -> dict[str, list[Goal]]:
    rules = Rules([a_rulebook(a_policy_with_goals(**changed), a_triage_policy())])
    clock = read_clock(history.facts, rules, SUNDAY + 60 * DAY)
    assert clock is not None
    found: dict[str, list[Goal]] = {}
    for goal in goals(clock):
        found.setdefault(goal.name, []).append(goal)
    return found


def test_a_case_that_nobody_takes_is_missed_and_climbs_the_ladder_though_its_answer_is_not_due() -> None:
    life = a_life()
    assert life.sweep_until(SUNDAY + 3 * HOUR) == ["DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
    assert {said.target for said in life.said[1:]} == {"acknowledge"}
    [climbed] = [said for said in life.said if isinstance(said, DeadlineEscalated)]
    assert (climbed.to_role, climbed.due_at) == ("head", SUNDAY + 2 * HOUR)


@pytest.mark.parametrize(
    "word", [acknowledged(), interim(SUBMISSION), question(SUBMISSION, "q1"), answered(SUBMISSION)]
)
def test_whoever_works_on_a_case_has_taken_it(word: Any) -> None:
    life = a_life()
    life.hear(word, SUNDAY + HOUR / 2)
    life.sweep_until(SUNDAY + 4 * HOUR)
    assert missed(life) == []


def test_news_is_owed_anew_after_every_word_to_the_author() -> None:
    life = a_life()
    life.hear(acknowledged(), SUNDAY)
    life.hear(interim(SUBMISSION), SUNDAY + 6 * HOUR)
    life.sweep_until(SUNDAY + DAY)
    assert missed(life) == []
    life.sweep_until(SUNDAY + DAY + 6 * HOUR)
    assert missed(life) == ["update"]
    life.hear(interim(SUBMISSION), SUNDAY + DAY + 7 * HOUR)
    life.sweep_until(SUNDAY + 3 * DAY)
    assert missed(life) == ["update", "update"]


def test_while_its_author_is_asked_no_news_is_owed() -> None:
    life = a_life()
    life.hear(question(SUBMISSION, "q1"), SUNDAY + HOUR)
    life.sweep_until(SUNDAY + 4 * DAY)
    assert missed(life) == []


def test_resolving_goes_on_after_a_reopening_and_the_time_closed_does_not_count() -> None:
    history = History().assigned().answered(SUNDAY + DAY)
    history.add("SubmissionReopened", SUNDAY + 7 * DAY)
    [resolve] = goals_of(history)["resolve"]
    assert not resolve.is_met
    assert resolve.due_at == SUNDAY + 14 * DAY + WORKING_DAY, "six of seven working days were left"
    assert resolve.consumed(SUNDAY + 8 * DAY) == 2 * WORKING_DAY


def test_an_accepted_suggestion_is_resolved_when_it_is_implemented() -> None:
    history = History().assigned().add("SuggestionDecided", SUNDAY + DAY, decision="accepted")
    [open_] = goals_of(history)["resolve"]
    assert (open_.is_met, open_.is_running) == (False, True)
    [done] = goals_of(history.add("SuggestionImplemented", SUNDAY + 3 * DAY))["resolve"]
    assert (done.is_met, done.ended, done.consumed(SUNDAY + 9 * DAY)) == (True, SUNDAY + 3 * DAY, 3 * WORKING_DAY)


def test_a_new_custodian_takes_the_case_anew_and_the_old_one_owes_nothing_more() -> None:
    life = a_life()
    life.hear(transferred(SUBMISSION), SUNDAY + HOUR)
    life.sweep_until(SUNDAY + 4 * HOUR)
    [late] = [said for said in life.said if isinstance(said, DeadlineBreached)]
    assert (late.entity, late.target, late.due_at) == ("health", "acknowledge", SUNDAY + 3 * HOUR)


def test_the_clock_shows_every_target() -> None:
    life = a_life()
    life.hear(acknowledged(), SUNDAY + HOUR)
    assert life.record is not None
    rules = life.reference.rules()
    now = SUNDAY + 2 * DAY
    clock = read_clock(life.record.facts, rules, now)
    assert clock is not None
    answer = ClockAnswer.of(SUBMISSION, life.record, clock, now)
    shown = {each.target: (each.state, each.in_time, each.remaining_seconds) for each in answer.targets}
    assert shown["acknowledge"] == ("met", True, 3_600)
    assert shown["update"] == ("running", False, 0)
    assert shown["resolve"][:2] == ("running", None)


def test_who_was_asked_is_reminded_once_before_the_waiting_ends() -> None:
    life = a_life(waiting_limit="14h30m", remind_after="7h15m")
    life.hear(question(SUBMISSION, "q1"), SUNDAY + HOUR)
    assert life.sweep_until(SUNDAY + 8 * DAY)[:2] == ["ReplyAwaited", "DeadlineResumed"]
    [reminded] = [said for said in life.said if isinstance(said, ReplyAwaited)]
    assert (reminded.question_id, reminded.until) == ("q1", SUNDAY + 2 * DAY + HOUR)


def test_who_has_answered_is_not_reminded_and_a_second_question_may_be() -> None:
    life = a_life(waiting_limit="14h30m", remind_after="1h")
    life.hear(question(SUBMISSION, "q1"), SUNDAY)
    life.hear(information(SUBMISSION, "q1"), SUNDAY + HOUR / 2)
    assert "ReplyAwaited" not in life.sweep_until(SUNDAY + 2 * HOUR)
    life.hear(question(SUBMISSION, "q2"), SUNDAY + 3 * HOUR)
    assert "ReplyAwaited" in life.sweep_until(SUNDAY + 5 * HOUR)


def test_goals_and_reminders_that_cannot_be_are_refused() -> None:
    alone = a_triage_policy().model_copy(
        update={"targets": {**a_triage_policy().targets, "update": a_policy_with_goals().targets["update"]}}
    )
    found = faults([a_calendar()], [a_policy(remind_after="80h"), alone], ["BH"], {})
    assert {(fault.field, fault.code) for fault in found} == {
        ("policies.answer.remind_after", "outside"),
        ("policies.triage.targets", "alone"),
    }


def test_reopening_asks_to_be_taken_again() -> None:
    life = a_life()
    life.hear(answered(SUBMISSION), SUNDAY + HOUR)
    life.hear(reopened(SUBMISSION), SUNDAY + DAY)
    life.sweep_until(SUNDAY + DAY + 3 * HOUR)
    assert missed(life) == ["acknowledge"]
