"""Buckets in memory, and whose they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.http.client_addresses import Addresses
from shared.http.rate_limits import Limit
from shared.operations.rates import Rate
from shared.operations.settings import ServiceSettings

DOORS = "127.0.0.0/8,::1/128,10.0.0.0/8"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_limit(clock: Clock, rate: str = "3/60", **more: Any) -> Limit:
    return Limit("things", Rate.of(rate), clock=clock, **more)


def test_as_many_as_it_says_at_once_and_then_one_after_the_other(clock: Clock) -> None:
    limit = a_limit(clock)
    assert [limit.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 20.0]
    clock.now += 19
    assert limit.take("a") == pytest.approx(1)
    clock.now += 1
    assert limit.take("a") == 0
    assert limit.take("a") == pytest.approx(20)


def test_keys_do_not_know_each_other(clock: Clock) -> None:
    limit = a_limit(clock, "1/60")
    assert (limit.take("a"), limit.take("b")) == (0, 0)
    assert limit.take("a") > 0


@given(
    steps=st.lists(st.floats(min_value=0, max_value=30), max_size=200),
    count=st.integers(1, 20),
    seconds=st.integers(1, 120),
)
def test_over_any_time_never_more_than_the_bucket_and_what_flowed_in(
    steps: list[float], count: int, seconds: int
) -> None:
    clock = Clock()
    limit, began, taken = a_limit(clock, f"{count}/{seconds}"), clock.now, 0
    for step in steps:
        clock.now += step
        taken += limit.take("a") == 0
        assert taken <= count + (clock.now - began) * count / seconds + 1e-3


def test_asking_takes_nothing_and_what_is_given_back_is_there(clock: Clock) -> None:
    limit = a_limit(clock, "1/60")
    assert (limit.wait("a"), limit.wait("a"), limit.is_touched("a"), limit.left("a")) == (0, 0, False, 1)
    limit.take("a")
    assert (limit.wait("a"), limit.is_touched("a"), limit.left("a")) == (60, True, 0)
    limit.give_back("a")
    assert (limit.take("a"), limit.take("a")) == (0, 60)
    limit.give_back("nobody")


def test_it_says_what_is_left_as_the_draft_names_it(clock: Clock) -> None:
    limit = a_limit(clock)
    assert limit.headers("a") == {"RateLimit-Policy": '"things";q=3;w=60', "RateLimit": '"things";r=3;t=20'}
    for _ in range(3):
        limit.take("a")
    assert limit.taken("a") > limit.little_left
    assert limit.taken("b") < limit.little_left
    problem = limit.refusal("a", 12.2, "Wait.", "انتظر.")
    assert (problem.status, problem.code) == (429, "too-many-things")
    assert problem.headers == {
        "Retry-After": "13",
        "RateLimit-Policy": '"things";q=3;w=60',
        "RateLimit": '"things";r=0;t=13',
    }


def test_memory_is_bounded_and_full_buckets_go_first(clock: Clock) -> None:
    limit = a_limit(clock, "1/60", most_keys=100)
    for number in range(90):
        limit.take(number)
    clock.now += 61
    for number in range(100, 120):
        limit.take(number)
    assert len(limit._full_at) == 20
    for number in range(200, 400):
        limit.take(number)
    assert len(limit._full_at) <= 100
    assert limit.take(399) > 0


def test_without_a_rate_nothing_is_limited(clock: Clock) -> None:
    limit = Limit("things", None, clock=clock)
    assert [limit.take("a") for _ in range(10_000)] == [0.0] * 10_000
    assert (limit.wait("a"), limit.headers("a"), limit.taken("a") > limit.little_left) == (0, {}, False)


def test_settings_turn_all_of_them_off() -> None:
    off, on = ServiceSettings(rate_limits="off"), ServiceSettings(rate_limits="on")
    assert (off.rate(off.limit_requests), on.rate("5/60")) == (None, Rate(5, 60))


def asked_from(peer: str, forwarded: str | None = None) -> dict[str, Any]:
    headers = [(b"host", b"x")] + ([(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else [])
    return {"type": "http", "client": (peer, 1), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.1.2.3", "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", None, "2001:db8:1:3::/64"),
        ("::1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "nonsense\xff", "unknown"),
        ("127.0.0.1", "", "unknown"),
        ("testclient", "192.0.2.7", "unknown"),
    ],
)
def test_only_a_door_says_for_whom_it_asks(peer: str, forwarded: str | None, counted: str) -> None:
    assert Addresses(DOORS).of(asked_from(peer, forwarded)) == counted


def test_without_a_client_there_is_no_address() -> None:
    assert Addresses(DOORS).of({"type": "http", "client": None, "headers": []}) == "unknown"
