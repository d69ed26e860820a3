"""The states of a notification: one table says what becomes of what."""

from datetime import timedelta
from itertools import product

import pytest
from notifier.notifications.model import TRANSITIONS, UNFINISHED, State
from notifier.notifications.outcomes import Outcome, RetryPolicy, waiting_pause

from tests.support.notifier import NOW, a_notification

POLICY = RetryPolicy(timedelta(seconds=5), timedelta(minutes=30), attempts=12)


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_an_outcome_is_possible_exactly_where_the_table_says_so(before: State, after: State) -> None:
    notification = a_notification(state=before)
    if after in TRANSITIONS[before]:
        assert Outcome(notification, after).state is after
    else:
        with pytest.raises(ValueError, match="does not become"):
            Outcome(notification, after)


def test_what_is_unfinished_can_be_cancelled_and_every_state_has_its_line() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(State.CANCELLED in TRANSITIONS[state] for state in UNFINISHED)


def test_pauses_double_up_to_the_longest_and_are_cut_by_chance() -> None:
    assert [POLICY.pause(n, 0).total_seconds() for n in (1, 2, 3, 9, 10, 40)] == [5, 10, 20, 1280, 1800, 1800]
    assert POLICY.pause(2, 0.8) == timedelta(seconds=8)


def test_a_failure_is_tried_again_and_the_last_one_is_a_technical_failure() -> None:
    again = POLICY.after_failure(a_notification(attempts=10), "smtp 451", NOW, 0)
    assert (again.state, again.next_at) == (State.TEMPORARY_FAILURE, NOW + timedelta(minutes=30))
    last = POLICY.after_failure(a_notification(attempts=11), "smtp 451", NOW, 0)
    assert (last.state, last.next_at, last.reason) == (State.TECHNICAL_FAILURE, None, "smtp 451")


def test_after_the_last_attempt_the_other_channel_takes_over_where_there_is_one() -> None:
    again = POLICY.after_failure(a_notification(attempts=10, otherwise="sms"), "smtp 451", NOW, 0, otherwise=True)
    assert (again.state, again.channel) == (State.TEMPORARY_FAILURE, None)
    last = POLICY.after_failure(a_notification(attempts=11, otherwise="sms"), "smtp 451", NOW, 0, otherwise=True)
    assert (last.state, last.channel, last.next_at, last.reason) == (State.CREATED, "sms", NOW, "smtp 451")


def test_what_is_urgent_is_tried_for_as_long_and_more_often_and_sooner_by_another_channel() -> None:
    urgent = POLICY.impatient(timedelta(minutes=2))

    def lasts(policy: RetryPolicy) -> timedelta:
        return sum((policy.pause(made, 0) for made in range(1, policy.attempts)), timedelta())

    assert lasts(POLICY) <= lasts(urgent) <= lasts(POLICY) + timedelta(minutes=2)
    assert max(urgent.pause(made, 0) for made in range(1, urgent.attempts)) == timedelta(minutes=2)
    last = a_notification(attempts=urgent.attempts - 1)
    assert urgent.after_failure(last, "smtp 451", NOW, 0).state is State.TECHNICAL_FAILURE
    by_mail = a_notification(attempts=11, otherwise="sms")
    assert urgent.after_failure(by_mail, "smtp 451", NOW, 0, otherwise=True).channel == "sms"
    assert urgent.after_failure(by_mail, "smtp 451", NOW, 0).state is State.TEMPORARY_FAILURE


def test_what_is_urgent_is_never_tried_more_rarely_than_the_rest() -> None:
    patient = RetryPolicy(timedelta(seconds=5), timedelta(minutes=1), attempts=12)
    urgent = patient.impatient(timedelta(minutes=2))
    made = range(1, patient.attempts)
    assert [urgent.pause(each, 0) for each in made] == [patient.pause(each, 0) for each in made]
    assert urgent.attempts == patient.attempts


def test_the_longer_a_contact_is_awaited_the_rarer_it_is_looked_for() -> None:
    waited = [timedelta(seconds=seconds) for seconds in (0, 29, 31, 121, 601)]
    assert [waiting_pause(each).total_seconds() for each in waited] == [5, 5, 15, 60, 300]
