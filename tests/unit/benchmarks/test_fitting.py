"""Costs and consumers as they are found from readings of a system whose costs are known."""

from collections.abc import Sequence

import pytest
from tawasul.capacity.model import among_all, stretch

from tests.benchmarks import fitting
from tests.benchmarks.batches import Taken
from tests.benchmarks.fitting import Reading

SECONDS = 4.0


def a_reading(rate: float, router: float, notifier: float, events: float = 10.0, in_use: float = 0.0) -> Reading:
    """So many batches a second; on cores of their own one takes 10 ms and 2 ms for each event. The router's process
    uses 20 ms of a core for a batch and 3 ms for a submission, mongod 5 ms for a batch of anybody."""
    took = (0.01 + 0.002 * events) * among_all(stretch(in_use / 2, cores=2), cores=2)
    taken = {
        name: Taken(each * SECONDS, each * SECONDS * events, each * SECONDS * took)
        for name, each in (("router", router), ("notifier", notifier))
    }
    cores = {"router": 0.1 + 0.02 * router + 0.003 * rate, "mongod": 0.05 + 0.005 * (router + notifier)}
    return Reading(rate, SECONDS, cores | {"rest": in_use - sum(cores.values())}, taken)


def readings(in_use: float = 0.0) -> Sequence[Reading]:
    return [
        a_reading(20, 10, 20, events=4, in_use=in_use),
        a_reading(40, 12, 17, events=10, in_use=in_use),
        a_reading(60, 11, 9, events=20, in_use=in_use),
    ]


def test_what_a_batch_and_a_submission_cost_is_found_beside_what_is_in_use_at_rest() -> None:
    found = fitting.cost("router", readings(), at_rest=0.1)
    assert found.per_batch == pytest.approx(0.02)
    assert found.per_submission == pytest.approx(0.003)


def test_what_serves_all_pays_for_the_batches_of_all() -> None:
    found = fitting.cost("mongod", readings(), at_rest=0.05)
    assert found.per_batch == pytest.approx(0.005)
    assert found.per_submission == pytest.approx(0, abs=1e-9)


def test_what_came_and_was_not_done_yet_costs_nothing_yet() -> None:
    reading = a_reading(80, router=10, notifier=20, events=4)
    assert reading.as_done({"router": 1, "notifier": 2}).rate == pytest.approx(40)


def test_nothing_takes_away_what_another_costs() -> None:
    found = fitting.cost("router", readings(), at_rest=5.0)
    assert (found.per_batch, found.per_submission) == (0, 0)


@pytest.mark.parametrize("in_use", [0.0, 1.0, 1.7, 2.0])
def test_how_long_a_batch_is_work_is_found_however_full_the_cores_were(in_use: float) -> None:
    found = fitting.station("router", readings(in_use), events=2, cores=2)
    assert found.fixed == pytest.approx(0.01)
    assert found.per_event == pytest.approx(0.002)


def test_a_consumer_waits_for_as_long_as_it_does_not_work() -> None:
    found = fitting.station("router", [a_reading(20, router=10, notifier=1, events=20)], events=2, cores=2)
    assert found.waits == pytest.approx(0.1 - 0.05)
