"""The circuit breaker: an outage costs one trial now and then, and no more."""

from notifier.breaker import LONGEST_PAUSE_SECONDS, Breaker


def test_all_pass_until_something_fails() -> None:
    breaker = Breaker()
    assert breaker.allows(0, 200) == 200
    assert breaker.failed(0, 0)
    assert breaker.is_open
    assert breaker.allows(0.1, 200) == 0


def test_after_the_pause_one_passes_and_its_success_lets_all_pass() -> None:
    breaker = Breaker()
    breaker.failed(0, 0)
    assert breaker.allows(0.3, 200) == 1
    assert breaker.is_testing
    breaker.succeeded()
    assert breaker.allows(0.3, 200) == 200


def test_the_pause_doubles_with_each_failed_trial_up_to_a_limit() -> None:
    breaker, now, pauses = Breaker(), 0.0, []
    for _ in range(9):
        breaker.failed(now, 0)
        pauses.append(breaker.wait(now, 100))
        now += pauses[-1]
        assert breaker.allows(now, 200) == 1
    assert pauses[:3] == [0.25, 0.5, 1.0]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_those_that_fail_beside_the_first_do_not_lengthen_the_pause() -> None:
    breaker = Breaker()
    assert breaker.failed(0, 0)
    assert not breaker.failed(0.01, 0)
    assert breaker.wait(0, 100) == 0.25
