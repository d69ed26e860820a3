"""The circuit breaker: an outage costs one trial now and then, and no more."""

import pytest
from notifier.sending.circuit_breaker import LONGEST_PAUSE_SECONDS, TRIAL_SECONDS, Breaker, SharedBreaker


def test_all_pass_until_something_fails() -> None:
    breaker = Breaker()
    assert breaker.allows(0, 200) == 200
    assert breaker.failed(breaker.era, 0, 0)
    assert breaker.is_open
    assert breaker.allows(0.1, 200) == 0


def test_after_the_pause_one_passes_and_its_success_lets_all_pass() -> None:
    breaker = Breaker()
    breaker.failed(breaker.era, 0, 0)
    assert breaker.allows(0.3, 200) == 1
    assert breaker.is_testing
    breaker.succeeded(breaker.era)
    assert breaker.allows(0.3, 200) == 200


def test_the_pause_doubles_with_each_failed_trial_up_to_a_limit() -> None:
    breaker, now, pauses = Breaker(), 0.0, []
    for _ in range(9):
        breaker.failed(breaker.era, now, 0)
        pauses.append(breaker.wait(now, 100))
        now += pauses[-1]
        assert breaker.allows(now, 200) == 1
    assert pauses[:3] == [0.25, 0.5, 1.0]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_those_that_fail_beside_the_first_do_not_lengthen_the_pause() -> None:
    breaker = Breaker()
    before = breaker.era
    assert breaker.failed(before, 0, 0)
    assert not breaker.failed(before, 0.01, 0)
    assert breaker.wait(0, 100) == 0.25


def test_what_was_taken_before_an_outage_neither_ends_it_nor_the_trial_that_comes_after() -> None:
    breaker = Breaker()
    before = breaker.era
    breaker.failed(before, 0, 0)
    breaker.succeeded(before)
    assert breaker.is_open
    assert breaker.allows(0.3, 200) == 1
    breaker.succeeded(before)
    assert not breaker.failed(before, 0.3, 0)
    assert breaker.allows(0.3, 200) == 1, "only the trial decides"


def test_of_many_senders_one_makes_the_trial_and_the_others_wait_for_its_fate() -> None:
    breaker = SharedBreaker()
    beside, first = breaker.takes(0), breaker.takes(0)
    assert beside is not None
    assert first is not None
    assert breaker.failed(first, 0, 0)
    breaker.settled(first)
    assert breaker.takes(0.1) is None
    assert breaker.pause(0.1) == pytest.approx(0.15)

    trial = breaker.takes(0.3)
    assert trial is not None
    breaker.succeeded(beside)
    breaker.settled(beside)
    assert breaker.takes(0.3) is None, "what was on its way before says nothing of the trial"
    assert breaker.pause(0.3) == TRIAL_SECONDS
    breaker.failed(trial, 0.3, 0)
    breaker.settled(trial)
    assert breaker.takes(0.7) is None, "twice as long now"

    trial = breaker.takes(0.9)
    assert trial is not None
    breaker.succeeded(trial)
    breaker.settled(trial)
    assert None not in [breaker.takes(0.9) for _ in range(10)]


def test_a_trial_whose_message_was_at_fault_decides_nothing_and_another_is_made() -> None:
    breaker = SharedBreaker()
    first = breaker.takes(0)
    assert first is not None
    breaker.failed(first, 0, 0)
    trial = breaker.takes(1)
    assert trial is not None
    breaker.settled(trial)
    assert [breaker.takes(1) is None, breaker.takes(1) is None] == [False, True]
