"""The clock of a case, told as stories; several are errors that other systems are known for."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sla_monitor.calendars.rulebook import Rulebook, Rules
from sla_monitor.deadlines.rungs import rungs
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.facts import Fact
from sla_monitor.timekeeping.model import Clock, read_clock

from tests.support.sla_monitor import (
    HOUR,
    SUNDAY,
    WORKING_DAY,
    History,
    a_calendar,
    a_policy,
    a_rulebook,
    a_triage_policy,
)

DAY = timedelta(days=1)
FIVE_DAYS = SUNDAY + 4 * DAY + WORKING_DAY
"""Thursday at closing time."""


def clock_of(history: History, now: datetime = SUNDAY, rulebook: Rulebook | None = None) -> Clock:
    clock = read_clock(history.facts, Rules([rulebook or a_rulebook()]), now)
    assert clock is not None
    return clock


def test_without_the_receipt_there_is_no_clock() -> None:
    assert read_clock(History().assigned().facts[1:], Rules([a_rulebook()]), SUNDAY) is None


def test_from_receipt_the_central_office_has_it_silently() -> None:
    clock = clock_of(History())
    assert (clock.state, clock.run.entity, clock.run.target) == (State.ARMED, "central-office", "triage")
    assert clock.due_at == SUNDAY + WORKING_DAY


def test_triage_counts_from_receipt() -> None:
    clock = clock_of(History().add("TriageRequested", SUNDAY + HOUR))
    assert (clock.state, clock.run.target) == (State.RUNNING, "triage")
    assert clock.due_at == SUNDAY + WORKING_DAY
    assert clock.run.consumed(SUNDAY + HOUR) == HOUR


def test_five_working_days_end_at_closing_time() -> None:
    assert clock_of(History().assigned()).due_at == FIVE_DAYS


def test_received_on_a_friday_the_time_begins_on_sunday() -> None:
    friday = SUNDAY - 2 * DAY
    assert clock_of(History(friday).assigned(friday)).due_at == FIVE_DAYS


def test_a_comment_or_an_edit_does_not_reset_the_clock() -> None:
    history = History().assigned()
    for type in ("AssignmentAcknowledged", "InterimReplyGiven", "SubmissionAssigned"):
        history.add(type, SUNDAY + DAY)
    history.replied(SUNDAY + DAY, question=None)
    assert clock_of(history, SUNDAY + DAY).due_at == FIVE_DAYS


def test_the_time_waited_for_the_citizen_is_added_to_the_due_time() -> None:
    history = History().assigned().asked(SUNDAY + HOUR).replied(SUNDAY + 3 * HOUR)
    assert clock_of(history, SUNDAY + 3 * HOUR).due_at == SUNDAY + 7 * DAY + 2 * HOUR


def test_only_the_answer_to_the_open_question_resumes() -> None:
    history = History().assigned().asked(SUNDAY + HOUR).replied(SUNDAY + 2 * HOUR, "another")
    clock = clock_of(history, SUNDAY + 3 * HOUR)
    assert (clock.state, clock.question) == (State.PAUSED, "q1")


def test_asking_again_does_not_wait_longer() -> None:
    history = History().assigned().asked(SUNDAY + HOUR, "q1")
    until = clock_of(history, SUNDAY + HOUR).waiting_until
    history.asked(SUNDAY + 2 * HOUR, "q2").replied(SUNDAY + 3 * HOUR, "q1")
    clock = clock_of(history, SUNDAY + 3 * HOUR)
    assert (clock.question, clock.waiting_until) == ("q2", until)


def test_a_pause_over_a_holiday_gives_no_time_for_the_holiday() -> None:
    monday = SUNDAY + DAY
    rulebook = a_rulebook(holidays=[date(2026, 4, 6)])
    asked_on_sunday = History().assigned().asked(SUNDAY + 7 * HOUR).replied(monday + DAY)
    clock = clock_of(asked_on_sunday, monday + DAY, rulebook)
    # A quarter of an hour was left of Sunday: it was waited and is given back; Monday was nobody's working time.
    assert clock.run.consumed(monday + DAY) == 7 * HOUR
    assert clock.due_at == SUNDAY + 8 * DAY + timedelta(minutes=15)


def test_waiting_ends_by_itself() -> None:
    rulebook = a_rulebook(a_policy(waiting_limit="7h15m"), a_triage_policy())
    history = History().assigned().asked(SUNDAY + HOUR)
    limit = SUNDAY + DAY + HOUR
    assert clock_of(history, limit - timedelta(seconds=1), rulebook).state is State.PAUSED
    clock = clock_of(history, limit, rulebook)
    assert (clock.state, clock.run.intervals[-1].start, clock.run.intervals[-1].because) == (
        State.RUNNING,
        limit,
        "limit",
    )
    assert clock.due_at == SUNDAY + 7 * DAY + WORKING_DAY == FIVE_DAYS + 3 * DAY
    late = clock_of(history.replied(limit + HOUR), limit + HOUR, rulebook)
    assert late.due_at == clock.due_at, "an answer after the limit comes too late to count"


def test_a_transfer_does_not_hand_over_the_old_custodians_delay() -> None:
    history = History().assigned(entity="works")
    history.add("SubmissionTransferred", SUNDAY + 10 * DAY, entity="health")
    clock = clock_of(history, SUNDAY + 10 * DAY)
    assert (clock.state, clock.run.entity) == (State.RUNNING, "health")
    assert clock.run.consumed(SUNDAY + 10 * DAY) == timedelta()
    assert clock.consumed_by(SUNDAY + 11 * DAY)["works"] == 8 * WORKING_DAY
    assert clock.due_at == clock.run.timetable.add(SUNDAY + 10 * DAY, 5 * WORKING_DAY)
    breaches = [rung for rung in rungs(clock) if rung.name == "breach" and rung.at <= SUNDAY + 10 * DAY]
    assert [(rung.run.entity, rung.at) for rung in breaches] == [("works", FIVE_DAYS)]


def test_each_custodian_works_by_its_own_calendar() -> None:
    history = (
        History()
        .assigned(entity="works")
        .add("SubmissionTransferred", SUNDAY + DAY, entity="ewa", calendar="utilities")
    )
    assert clock_of(history, SUNDAY + DAY).due_at == SUNDAY + DAY + 5 * WORKING_DAY


def test_the_time_a_case_was_closed_is_not_counted_after_reopening() -> None:
    history = History().assigned().answered(SUNDAY + HOUR)
    history.add("SubmissionClosed", SUNDAY + 14 * DAY).add("SubmissionReopened", SUNDAY + 21 * DAY)
    clock = clock_of(history, SUNDAY + 21 * DAY)
    assert (clock.state, clock.run.entity) == (State.RUNNING, "works")
    assert clock.due_at == FIVE_DAYS + 21 * DAY
    assert clock.consumed_by(SUNDAY + 21 * DAY)["works"] == HOUR


def test_the_assignment_after_reopening_does_not_begin_a_second_time() -> None:
    history = History().assigned().answered(SUNDAY + HOUR).add("SubmissionReopened", SUNDAY + DAY)
    history.assigned(SUNDAY + DAY + timedelta(seconds=1))
    assert clock_of(history, SUNDAY + 2 * DAY).due_at == FIVE_DAYS + 3 * DAY


def test_a_reopening_that_the_routers_clock_places_before_itself_goes_to_the_new_custodian() -> None:
    history = History().assigned().answered(SUNDAY + HOUR).add("SubmissionReopened", SUNDAY + DAY)
    history.assigned(SUNDAY + DAY - timedelta(seconds=1), entity="health")
    assert clock_of(history, SUNDAY + DAY).run.entity == "health"


def test_the_answer_is_judged_by_when_it_was_given() -> None:
    in_time = clock_of(History().assigned().answered(FIVE_DAYS), FIVE_DAYS + DAY)
    assert in_time.state is State.MET
    assert in_time.run.ended == in_time.due_at
    assert not list(rungs(in_time))
    late = clock_of(History().assigned().answered(FIVE_DAYS + timedelta(seconds=1)), FIVE_DAYS + DAY)
    assert [rung.name for rung in rungs(late)] == ["breach", "head"]


def test_an_answer_while_waiting_for_the_citizen_is_in_time() -> None:
    clock = clock_of(History().assigned().asked(SUNDAY + HOUR).answered(FIVE_DAYS + 2 * DAY), FIVE_DAYS + 3 * DAY)
    assert clock.run.consumed(FIVE_DAYS + 3 * DAY) == HOUR
    assert clock.run.ended is not None
    assert clock.run.ended < clock.due_at


def test_a_question_after_the_due_time_takes_nothing_back() -> None:
    history = History().assigned().asked(FIVE_DAYS + DAY).replied(FIVE_DAYS + 5 * DAY)
    assert clock_of(history, FIVE_DAYS + 5 * DAY).due_at == FIVE_DAYS


def test_another_priority_is_judged_from_the_same_beginning() -> None:
    rulebook = a_rulebook(a_policy(), a_policy("urgent", "7h15m", priority="urgent"), a_triage_policy())
    history = History().assigned().add("PriorityChanged", SUNDAY + HOUR, priority="urgent")
    assert clock_of(history, SUNDAY + HOUR, rulebook).due_at == SUNDAY + WORKING_DAY


def test_calendar_days_run_at_night_as_well() -> None:
    rulebook = a_rulebook(a_policy(targets={"answer": {"days": 3}}), a_triage_policy())
    assert clock_of(History().assigned(), SUNDAY, rulebook).due_at == SUNDAY + 3 * DAY


def test_a_warning_is_at_its_share_of_working_time() -> None:
    clock = clock_of(History().assigned())
    assert [(rung.name, rung.at) for rung in rungs(clock)] == [
        ("warning-80", SUNDAY + 3 * DAY + WORKING_DAY),
        ("breach", FIVE_DAYS),
        ("head", FIVE_DAYS),
    ]


def test_a_case_that_nobody_took_is_declared_after_a_minute() -> None:
    [rung] = rungs(clock_of(History()))
    assert (rung.name, rung.at) == ("unrouted", SUNDAY + timedelta(minutes=1))


MOMENTS = st.integers(0, 20 * 24 * 60).map(lambda minutes: SUNDAY + timedelta(minutes=minutes))
STEPS = st.tuples(
    st.sampled_from(
        [
            "TriageRequested",
            "SubmissionAssigned",
            "SubmissionTransferred",
            "AssignmentAcknowledged",
            "InterimReplyGiven",
            "InformationRequested",
            "InformationAdded",
            "PriorityChanged",
            "SubmissionAnswered",
            "SubmissionDeclined",
            "SubmissionWithdrawn",
            "SubmissionClosed",
            "SubmissionReopened",
            "SubmissionMerged",
            "SubmissionUnmerged",
            "ConfidentialityChanged",
        ]
    ),
    st.sampled_from(["works", "health", "ewa"]),
    st.sampled_from(["q1", "q2"]),
    st.sampled_from(["normal", "urgent"]),
    st.one_of(st.just(0), st.integers(0, 3_000)),
)
POLICIES = a_rulebook(
    a_policy(answer="21h45m", waiting_limit="7h15m", after_reopening="continue", interim_extension="2h"),
    a_policy("urgent", "7h15m", priority="urgent", after_transfer=0.5, after_reopening={"working": "1h"}),
    a_policy("ewa", targets={"answer": {"days": 2}}, entity="ewa"),
    a_triage_policy(),
    calendars=[a_calendar(hours=("07:00-12:00", "13:00-16:00"))],
)


def a_history(steps: list[Any]) -> History:
    history, at = History(), SUNDAY
    for type, entity, question, priority, minutes in steps:
        at += timedelta(minutes=minutes)
        officials = ((), (entity,))[minutes % 2] if type == "ConfidentialityChanged" else None
        history.add(type, at, entity=entity, question=question, priority=priority, officials=officials)
    return history


def outline(facts: list[Fact], now: datetime) -> Any:
    clock = read_clock(facts, Rules([POLICIES]), now)
    assert clock is not None
    intervals = [
        (run.id, run.entity, run.target, run.policy.id, interval) for run in clock.runs for interval in run.intervals
    ]
    ladder = [(rung.at, rung.name, rung.run.id) for rung in rungs(clock)]
    stands = (clock.state, clock.due_at, clock.question, clock.waiting_until, clock.confided)
    return stands, intervals, ladder, clock.noted


@given(st.lists(STEPS, max_size=10), MOMENTS, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_late_early_repeated_and_shuffled_facts_give_the_same_clock(
    steps: list[Any], now: datetime, random: Any
) -> None:
    facts = a_history(steps).facts
    expected = outline(facts, now)
    mixed = facts + random.choices(facts, k=3)
    random.shuffle(mixed)
    assert outline(mixed, now) == expected


@given(st.lists(STEPS, max_size=12), MOMENTS)
@settings(max_examples=300)
def test_intervals_are_whole_and_nobody_consumes_more_than_there_was(steps: list[Any], now: datetime) -> None:
    clock = read_clock(a_history(steps).facts, Rules([POLICIES]), now)
    assert clock is not None
    intervals = [(run, interval) for run in clock.runs for interval in run.intervals]
    assert intervals[0][1].start == SUNDAY
    for (_, earlier), (_, later) in pairwise(intervals):
        assert earlier.end is not None
        assert earlier.start <= earlier.end <= later.start
    assert (intervals[-1][1].end is None) == clock.is_open
    last = max(now, intervals[-1][1].start)
    for run in clock.runs:
        consumed = run.consumed(last)
        assert timedelta() <= consumed <= run.timetable.between(SUNDAY, last)
        passed = run.passes(run.span)
        if passed is not None:
            assert (consumed >= run.span) == (passed <= last)
    assert clock.due_at >= clock.run.began


@pytest.mark.full
@pytest.mark.timeout(3_600)
@given(st.lists(STEPS, max_size=20), MOMENTS, st.randoms(use_true_random=False))
@settings(max_examples=50_000)
def test_very_many_shuffled_histories_give_the_same_clock(steps: list[Any], now: datetime, random: Any) -> None:
    facts = a_history(steps).facts
    expected = outline(facts, now)
    random.shuffle(facts)
    assert outline(facts, now) == expected
