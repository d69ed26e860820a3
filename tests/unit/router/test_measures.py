"""Metrics that the router adds up over a batch, and pays for once."""

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Histogram
from router.metrics import Received

DURABLE_AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def a_histogram() -> tuple[Histogram, CollectorRegistry]:
    registry = CollectorRegistry()
    return Histogram("waited_seconds", "of the test", buckets=(1, 5), registry=registry), registry


def test_a_submission_that_is_decided_again_counts_once_with_the_time_it_was_durable() -> None:
    histogram, registry = a_histogram()
    received = Received(histogram)
    for _ in range(2):
        received.note("one", DURABLE_AT - timedelta(seconds=3))
    received.note("two", DURABLE_AT - timedelta(seconds=0.5))
    received.observe(DURABLE_AT)
    assert registry.get_sample_value("waited_seconds_count") == 2
    assert registry.get_sample_value("waited_seconds_sum") == 3.5
    assert registry.get_sample_value("waited_seconds_bucket", {"le": "1.0"}) == 1
    received.observe(DURABLE_AT)
    assert registry.get_sample_value("waited_seconds_count") == 2


def test_a_batch_that_is_given_back_says_nothing_yet() -> None:
    histogram, registry = a_histogram()
    received = Received(histogram)
    received.note("one", DURABLE_AT)
    received.forget()
    received.observe(DURABLE_AT)
    assert registry.get_sample_value("waited_seconds_count") == 0


def test_clocks_that_differ_make_no_negative_time() -> None:
    histogram, registry = a_histogram()
    received = Received(histogram)
    received.note("one", DURABLE_AT + timedelta(seconds=1))
    received.observe(DURABLE_AT)
    assert registry.get_sample_value("waited_seconds_sum") == 0
