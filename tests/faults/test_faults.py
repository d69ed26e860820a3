"""Nothing is lost and nothing done twice, whatever is killed: the short form of `make faults`, and a long one."""

from collections import Counter

import pytest
from rich.console import Console

from tests.faults.plan import FEWEST_KILLS, KILLED, Kind, one_at_a_time, plan, service_of
from tests.faults.report import show_differences, sums
from tests.faults.run import RunSettings, run

SHORT = RunSettings(kills=FEWEST_KILLS, seed=2011, rate=6.0, seconds=24.0, patience=90.0)
LONG = RunSettings(kills=40, seed=2012, rate=12.0, seconds=240.0, patience=180.0)
CLUSTER = RunSettings(kills=FEWEST_KILLS, seed=2013, rate=4.0, seconds=100.0, patience=180.0, cluster=True)
"""Every kind of fault once: about four minutes on two cores, one of them for starting six stores."""


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(SHORT, id="short", marks=pytest.mark.timeout(600)),
        pytest.param(LONG, id="long", marks=[pytest.mark.full, pytest.mark.timeout(900)]),
        pytest.param(CLUSTER, id="cluster", marks=[pytest.mark.full, pytest.mark.timeout(900)]),
    ],
)
async def test_nothing_is_lost_and_nothing_done_twice(wanted: RunSettings) -> None:
    console = Console(width=160)
    result = await run(wanted, console)
    console.print(sums(result.world))
    show_differences(console, result.differences)
    assert not result.differences, f"see the list above, and the logs in {result.folder}"
    assert result.reconciliation is not None
    assert result.reconciliation.is_green
    ledger = result.world.ledger
    assert ledger.acknowledged > max(wanted.most_at_once, len(ledger.filed) / 2)
    assert sum(result.world.disturbances.values()) == len(plan(wanted.seed, wanted.kills, 1, wanted.cluster))


def test_the_same_seed_gives_the_same_schedule_and_every_kind_is_killed() -> None:
    schedule = plan(seed=7, kills=12, seconds=72)
    assert schedule == plan(seed=7, kills=12, seconds=72)
    assert schedule != plan(seed=8, kills=12, seconds=72)
    killed = [service_of(fault.target) for fault in schedule if fault.kind is Kind.KILL]
    assert len(killed) == 12
    assert set(killed) == set(KILLED)
    assert sum(fault.kind is Kind.SUSPEND for fault in schedule) >= 2
    assert [fault.at for fault in schedule] == sorted(fault.at for fault in schedule)


def test_a_cluster_is_spared_nothing_that_one_of_each_stands_and_meets_more() -> None:
    alone, cluster = (plan(seed=7, kills=12, seconds=72, cluster=cluster) for cluster in (False, True))
    more = [
        (fault.kind, fault.target) for fault in cluster if fault.kind in (Kind.STEP_DOWN, Kind.ROLL_BACK, Kind.FILL)
    ]
    assert sorted(more) == [(Kind.FILL, "kafka"), (Kind.ROLL_BACK, "mongod"), (Kind.STEP_DOWN, "mongod")]
    assert Counter((f.kind, f.target) for f in cluster) - Counter((f.kind, f.target) for f in alone) == Counter(
        [*more, (Kind.STOP, "kafka")]
    )


def test_of_a_cluster_one_process_is_away_at_a_time() -> None:
    assert one_at_a_time("kafka-2") == one_at_a_time("kafka") == "kafka"
    assert one_at_a_time("router-0") != one_at_a_time("router-1")
