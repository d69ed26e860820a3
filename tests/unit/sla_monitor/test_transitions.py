"""The whole matrix: every state meets every fact, and a fact that fits nowhere changes nothing."""

import itertools
from datetime import datetime, timedelta

import pytest
from sla_monitor.calendars.rulebook import Rules
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.facts import KEPT
from sla_monitor.timekeeping.model import read_clock
from sla_monitor.timekeeping.transitions import TRANSITIONS, Step, step

from tests.support.sla_monitor import HOUR, SUNDAY, History, a_rulebook

A, R, P, M, S, G = State.ARMED, State.RUNNING, State.PAUSED, State.MET, State.STOPPED, State.MERGED

MATRIX: dict[str, dict[State, State]] = {
    "SubmissionReceived": {},
    "SubCaseReceived": {},
    "SubCaseTakenBack": {A: S, R: S, P: S},
    "TriageRequested": {A: R, P: R},
    "SubmissionAssigned": {A: R},
    "SubmissionTransferred": {A: R, P: R},
    "AssignmentAcknowledged": {},
    "InterimReplyGiven": {},
    "SubmissionRecategorised": {},
    "PriorityChanged": {},
    "InformationRequested": {R: P},
    "InformationAdded": {P: R},
    "AuthorConfirmed": {},
    "SubmissionAnswered": {A: M, R: M, P: M},
    "SubmissionDeclined": {A: M, R: M, P: M},
    "SuggestionDecided": {R: M, P: M},
    "SuggestionImplemented": {},
    "SubmissionWithdrawn": {A: S, R: S, P: S, G: S},
    "SubmissionClosed": {A: S, R: S, P: S, G: S},
    "SubmissionMerged": {A: G, R: G, P: G},
    "SubmissionUnmerged": {G: R},
    "SubmissionReopened": {M: R, S: R, G: R},
    "SubmissionRated": {},
    "AppealFiled": {M: R, S: R, G: R},
    "AppealDecided": {M: R, S: R, G: R},
    "OfficialPutInCharge": {},
    "ConfidentialityChanged": {},
}
"""The expected state after each fact; a missing pair changes nothing."""


def a_clock_that_is(state: State) -> History:
    history = History()
    if state is not State.ARMED:
        history.assigned(SUNDAY, "works")
    if state is State.PAUSED:
        history.asked(SUNDAY + HOUR)
    if state is State.MET:
        history.answered(SUNDAY + HOUR)
    if state is State.STOPPED:
        history.add("SubmissionWithdrawn", SUNDAY + HOUR)
    if state is State.MERGED:
        history.add("SubmissionMerged", SUNDAY + HOUR)
    return history


def test_every_fact_the_clock_keeps_stands_in_the_table() -> None:
    assert TRANSITIONS.keys() == {kept.__name__ for kept in KEPT} == MATRIX.keys()


STATES = [state for state in State if state is not State.UNKNOWN]


@pytest.mark.parametrize(("state", "type"), list(itertools.product(STATES, MATRIX)))
def test_the_matrix(state: State, type: str) -> None:
    before = read_clock(a_clock_that_is(state).facts, Rules([a_rulebook()]), SUNDAY + 2 * HOUR)
    assert before is not None
    assert before.state is state

    about = {}
    if type == "SubmissionTransferred":
        about["entity"] = "health"
    if type == "InformationAdded":
        about["question"] = "q1"
    if type == "InformationRequested":
        about["question"] = "q2"
    history = a_clock_that_is(state).add(type, SUNDAY + 2 * HOUR, **about)
    after = read_clock(history.facts, Rules([a_rulebook()]), SUNDAY + 2 * HOUR)
    assert after is not None
    assert after.state is MATRIX[type].get(state, state)
    if step(state, type) is Step.NOTE and type != "SubmissionReceived":
        assert after.noted == [history.facts[-1].id]
        assert after.due_at == before.due_at


def test_merging_a_paused_case_and_undoing_it_pauses_it_again() -> None:
    history = a_clock_that_is(State.PAUSED)
    history.add("SubmissionMerged", SUNDAY + 2 * HOUR).add("SubmissionUnmerged", SUNDAY + 3 * HOUR)
    clock = read_clock(history.facts, Rules([a_rulebook()]), SUNDAY + 3 * HOUR)
    assert clock is not None
    assert (clock.state, clock.question) == (State.PAUSED, "q1")


def test_an_unknown_type_of_a_later_version_is_noted() -> None:
    assert all(step(state, "SubmissionSungAbout") is Step.NOTE for state in State)


def test_a_question_that_reaches_nobody_stops_no_clock_until_its_author_confirms() -> None:
    def state_after(history: History, at: datetime) -> tuple[State, str | None]:
        clock = read_clock(history.facts, Rules([a_rulebook()]), at)
        assert clock is not None
        return clock.state, clock.question

    def asked() -> History:
        return History(unconfirmed=True).assigned().asked(SUNDAY + HOUR)

    later = SUNDAY + 3 * HOUR
    assert state_after(asked(), later) == (State.RUNNING, None)
    reached = asked().add("AuthorConfirmed", SUNDAY + 2 * HOUR)
    clock = read_clock(reached.facts, Rules([a_rulebook()]), later)
    assert clock is not None
    assert (clock.state, clock.question) == (State.PAUSED, "q1")
    assert clock.run.consumed(later) == 2 * HOUR, "it ran until then"
    replied = asked().replied(SUNDAY + 2 * HOUR).add("AuthorConfirmed", later)
    assert state_after(replied, later) == (State.RUNNING, None), "answered on the page already"
    passed_on = asked().add("SubmissionTransferred", SUNDAY + 2 * HOUR, entity="health").add("AuthorConfirmed", later)
    assert state_after(passed_on, later) == (State.RUNNING, None), "another custodian asked nothing"
    asked_after = History(unconfirmed=True).assigned().add("AuthorConfirmed", SUNDAY + HOUR).asked(SUNDAY + 2 * HOUR)
    assert state_after(asked_after, later) == (State.PAUSED, "q1")


def an_appeal() -> History:
    return a_clock_that_is(State.MET).add("SubmissionClosed", SUNDAY + 2 * HOUR).add("AppealFiled", SUNDAY + 3 * HOUR)


def test_an_appeal_is_the_central_offices_with_a_time_of_its_own() -> None:
    clock = read_clock(an_appeal().facts, Rules([a_rulebook()]), SUNDAY + 3 * HOUR)
    assert clock is not None
    assert (clock.state, clock.run.entity, clock.run.target) == (State.RUNNING, "central-office", "answer")
    assert clock.remaining(SUNDAY + 3 * HOUR) == clock.run.span
    asked = an_appeal().asked(SUNDAY + 4 * HOUR, "q9")
    clock = read_clock(asked.facts, Rules([a_rulebook()]), SUNDAY + 4 * HOUR)
    assert clock is not None
    assert clock.state is State.PAUSED, "it may ask as any other"


def test_an_appeal_that_is_dismissed_is_decided_in_its_time_and_nothing_begins() -> None:
    decided = SUNDAY + timedelta(days=1)
    history = an_appeal().add("AppealDecided", decided, entity="central-office", decision="dismissed")
    history.add("SubmissionClosed", decided)
    clock = read_clock(history.facts, Rules([a_rulebook()]), decided)
    assert clock is not None
    assert (clock.state, clock.run.entity, clock.run.ended) == (State.MET, "central-office", decided)


def test_an_appeal_that_is_upheld_begins_the_entitys_time_anew() -> None:
    decided = SUNDAY + timedelta(days=1)
    history = a_clock_that_is(State.MET).add("SubmissionClosed", SUNDAY + 2 * HOUR)
    history.add("AppealFiled", SUNDAY + 3 * HOUR).add("AppealDecided", decided, entity="works", decision="upheld")
    clock = read_clock(history.facts, Rules([a_rulebook()]), decided)
    assert clock is not None
    assert (clock.state, clock.run.entity, clock.run.began) == (State.RUNNING, "works", decided)
    assert clock.remaining(decided) == clock.run.span


def test_the_dismissed_appeal_and_the_evaluation_change_nothing() -> None:
    history = a_clock_that_is(State.MET).add("AppealDecided", SUNDAY + 2 * HOUR, decision="dismissed")
    clock = read_clock(history.facts, Rules([a_rulebook()]), SUNDAY + timedelta(days=1))
    assert clock is not None
    assert clock.state is State.MET
    history = a_clock_that_is(State.RUNNING).add("SuggestionDecided", SUNDAY + HOUR, decision="evaluating")
    clock = read_clock(history.facts, Rules([a_rulebook()]), SUNDAY + HOUR)
    assert clock is not None
    assert clock.state is State.RUNNING
