"""The queueing model that `make bench ONLY=costs` holds against what the machine sustains."""

import pytest

from tests.benchmarks.queueing import Cost, saturation


def test_a_line_is_put_through_what_was_used_at_each_rate() -> None:
    cost = Cost.fitted("intake", [10, 20, 30], [0.15, 0.25, 0.35])
    assert cost.at_rest == pytest.approx(0.05)
    assert cost.per_submission == pytest.approx(0.01)


def test_what_falls_as_the_rate_grows_costs_nothing_for_a_submission() -> None:
    assert Cost.fitted("kafka", [10, 20, 30], [0.3, 0.2, 0.1]).per_submission == 0


def test_a_machine_is_full_where_all_processes_together_fill_its_cores() -> None:
    costs = [Cost("intake", 0.1, 0.002), Cost("router", 0.1, 0.002), Cost("mongod", 0.2, 0.004)]
    assert saturation(costs, cores=2) == pytest.approx(1.6 / 0.008)


def test_a_service_is_full_where_it_fills_one_core_however_many_there_are() -> None:
    costs = [Cost("router", 0.5, 0.005), Cost("mongod", 0.0, 0.001)]
    assert saturation(costs, cores=64) == pytest.approx(0.5 / 0.005)
