"""Repeated log lines of a library are limited, so that an outage does not fill the disk."""

import logging

import pytest
from shared.operations.log_limiter import EACH_SECONDS, HEARD, RepeatLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_line(line: int = 1) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.WARNING, "conn.py", line, "no node is there", (), None)


def test_the_same_is_heard_a_few_times(clock: Clock) -> None:
    limit = RepeatLimit(clock)
    assert [limit.filter(a_line()) for _ in range(HEARD + 3)] == [True] * HEARD + [False] * 3


def test_what_was_left_out_is_told_later(clock: Clock) -> None:
    limit = RepeatLimit(clock)
    for _ in range(HEARD + 7):
        limit.filter(a_line())
    clock.now = EACH_SECONDS
    later = a_line()
    assert limit.filter(later)
    assert later.__dict__["left_out"] == 7


def test_places_do_not_silence_one_another(clock: Clock) -> None:
    limit = RepeatLimit(clock)
    for _ in range(HEARD + 1):
        limit.filter(a_line(1))
    assert limit.filter(a_line(2))
