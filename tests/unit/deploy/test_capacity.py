"""The queueing model by itself, and what is planned by it."""

import math
from pathlib import Path

import pytest
import typer
from tawasul.capacity.command import take_in
from tawasul.capacity.measured import Checked, Consumer, Measured, ProcessCost
from tawasul.capacity.model import Cost, Station, System, among_all, stretch
from tawasul.capacity.page import plans_table, tables, with_tables
from tawasul.capacity.plan import MOST_IN_USE, SCENARIOS, Scenario, bottlenecks, plan
from tawasul.stack.settings import SERVICES

A_HUNDRED_A_SECOND = Scenario("a hundred a second", people=365 * 24 * 3_600 * 100, a_person_a_year=1, peak=1, pages=0)


STRETCHED = stretch(MOST_IN_USE, cores=2)
"""How many times as long all takes where the cores are as full as they may be."""


def measured(mongod: float = 1.0, **events_ms: float) -> Measured:
    """A millisecond on a core for every process, and for every event, but those named; batches cost nothing by
    themselves."""
    per_event = dict.fromkeys(SERVICES, 1.0) | events_ms
    costs = dict.fromkeys((*SERVICES, "kafka"), 1.0) | {"mongod": mongod}
    return Measured(
        commit="0",
        machine="none",
        cores=2,
        most_events=200,
        rates=[10, 20],
        processes={
            name: ProcessCost(at_rest_cores=0, per_batch_ms=0, per_submission_ms=cost) for name, cost in costs.items()
        },
        consumers={
            name: Consumer(waits_ms=10, fixed_ms=0, per_event_ms=each, events=1) for name, each in per_event.items()
        },
        checked=Checked(rate=30, foretold_cores=1, measured_cores=1),
        saturation=1000,
        on_their_way=400,
        page_ms=2.0,
        stored_kb={"tawasul_intake": 8.0, "tawasul_router": 2.0, "Kafka, one copy": 5.0},
    )


def a_system(
    most: int = 100, cores: int = 2, per_event: float = 0.001, at_rest: float = 0.0, per_batch: float = 0.0
) -> System:
    """One service, an event and five milliseconds on a core a submission."""
    station = Station("router", waits=0.1, fixed=0.01, per_event=per_event, events=1)
    return System([Cost("router", at_rest, per_batch, 0.005)], [station], cores, most)


def test_work_takes_longer_the_more_of_the_cores_is_in_use_and_less_so_on_more_of_them() -> None:
    assert stretch(0, cores=2) == 1
    assert stretch(0.5, cores=1) == pytest.approx(2)
    assert stretch(0.5, cores=2) == pytest.approx(4 / 3)
    assert stretch(1, cores=2) > 100_000
    assert among_all(stretch(1, cores=2), cores=2) == 4, "eight processes want two cores"
    assert among_all(stretch(0.5, cores=16), cores=16) == pytest.approx(1)


def test_a_service_pays_for_its_own_batches_and_what_serves_all_for_all() -> None:
    batches = {"router": 3.0, "notifier": 5.0}
    assert Cost("router", 0.1, 0.01, 0.002).cores(50, batches) == pytest.approx(0.1 + 3 * 0.01 + 50 * 0.002)
    assert Cost("mongod", 0.1, 0.01, 0.002).cores(50, batches) == pytest.approx(0.1 + 8 * 0.01 + 50 * 0.002)


def test_what_gathers_while_a_consumer_waits_and_works_is_its_next_batch() -> None:
    station = Station("router", waits=0.06, fixed=0.02, per_event=0.001, events=2)
    each = station.batch(100, stretched=2, cores=2)
    assert each == pytest.approx(2 * 100 * (0.06 + 2 * (0.02 + 0.001 * each)))
    assert station.batch(250, stretched=2, cores=2) == math.inf, "an event takes as long as the next is away"
    assert station.batch(1, stretched=1, cores=2) == 1, "none is empty"


def test_on_full_cores_an_event_is_held_up_by_as_many_processes_as_there_are_and_a_batch_until_it_is_its_turn() -> None:
    by_events, by_itself = (Station("router", 0.1, fixed, 0.001, events=1) for fixed in (0.0, 0.01))
    assert by_events.batch(100, stretch(1, cores=2), cores=2) == pytest.approx(100 * 0.1 / (1 - 100 * 4 * 0.001))
    assert by_itself.batch(100, stretch(1, cores=2), cores=2) > 100_000


def test_the_cores_in_use_are_those_that_the_batches_of_a_machine_so_full_take() -> None:
    system = a_system(at_rest=0.1, per_batch=0.02)
    load = system.at(100)
    assert load.use * 2 == pytest.approx(0.1 + 100 / load.batches["router"] * 0.02 + 100 * 0.005)
    assert load.batches["router"] == pytest.approx(system.stations[0].batch(100, stretch(load.use, cores=2), cores=2))


@pytest.mark.parametrize("rate", [30, 100, 250])
def test_batches_grow_with_the_rate_faster_than_the_rate(rate: float) -> None:
    system = a_system(per_batch=0.02)
    before, after = system.at(rate).batches["router"], system.at(rate * 1.1).batches["router"]
    assert after > 1.1 * before


def test_a_backlog_grows_where_batches_would_be_larger_than_they_may_be() -> None:
    system = a_system()
    below, above = system.at(system.saturation * 0.99), system.at(system.saturation * 1.01)
    assert below.batches["router"] < 100 < above.batches["router"]
    assert a_system(most=200).saturation > system.saturation


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_a_backlog_grows_where_the_cores_are_full_however_large_batches_may_be(cores: int) -> None:
    assert a_system(most=1_000_000, per_event=0, cores=cores).saturation == pytest.approx(cores / 0.005, rel=0.001)


def test_what_is_not_told_apart_is_no_nought_on_the_page() -> None:
    assert "| kafka | 1.00 | 17% | not told apart | 0.00 |" in tables(measured())["costs"]
    assert (
        f"| router | 1.00 | 10 | not told apart | 1.00 | {1_000 / STRETCHED:.0f} |" in tables(measured())["consumers"]
    )


def test_a_consumer_is_full_where_full_batches_leave_no_time_between_them() -> None:
    station = Station("router", waits=0.1, fixed=0.05, per_event=0.001, events=4)
    assert station.full_at(200, stretched=1) == pytest.approx(200 / 0.25 / 4)
    assert station.full_at(200, stretched=2) == pytest.approx(200 / 0.5 / 4)


def test_there_is_always_one_more_than_one_and_none_is_used_to_its_limit() -> None:
    assert set(plan(SCENARIOS[0], measured()).replicas.values()) == {2}
    replicas = plan(A_HUNDRED_A_SECOND, measured(notifier=60.0)).replicas["notifier"]
    assert 100 * 0.06 * STRETCHED / replicas <= MOST_IN_USE


def test_what_costs_ten_times_as_much_needs_ten_times_the_processes_and_partitions_for_them() -> None:
    planned = plan(A_HUNDRED_A_SECOND, measured(notifier=90.0 / STRETCHED))
    assert planned.replicas == {"intake": 2, "router": 2, "sla-monitor": 2, "notifier": 15}
    assert planned.partitions == 24
    assert planned.mails_a_second == pytest.approx(300)


def test_pages_are_opened_at_intake_too() -> None:
    with_pages = Scenario("pages", people=365 * 24 * 3_600 * 100, a_person_a_year=1, peak=1, pages=30)
    assert plan(with_pages, measured()).replicas["intake"] == math.ceil((0.1 + 30 * 100 * 0.002) / MOST_IN_USE)
    assert dict(bottlenecks(measured(), pages=30))["intake's pages"] == pytest.approx(1_000 / 60)


def test_a_primary_of_more_than_sixteen_cores_is_split_into_shards() -> None:
    assert plan(A_HUNDRED_A_SECOND, measured()).shards == 1
    assert plan(A_HUNDRED_A_SECOND, measured(mongod=150.0)).shards == 2


def test_what_is_kept_for_a_year_is_three_copies_of_every_database() -> None:
    assert plan(SCENARIOS[0], measured()).terabytes_a_year == pytest.approx(300_000 * 10 * 3 / 1e9)


def test_a_country_of_one_s_own_is_one_more_column() -> None:
    assert "| people | 5,000,000 |" in plans_table(measured(), [Scenario("asked for", 5e6)])


def test_a_page_gets_its_tables_between_the_marks_of_their_names_and_keeps_its_words() -> None:
    known = measured()
    page = "before\n<!-- costs -->\n<!-- /costs -->\nbetween\n<!-- plans -->\nold\n<!-- /plans -->\nafter\n"
    made = with_tables(page, known)
    made_tables = tables(known)
    assert made == (
        f"before\n<!-- costs -->\n{made_tables['costs']}\n<!-- /costs -->\nbetween\n"
        f"<!-- plans -->\n{made_tables['plans']}\n<!-- /plans -->\nafter\n"
    )
    assert with_tables(made, known) == made


def test_what_was_measured_is_kept_as_it_was_said_and_told_on_the_page(tmp_path: Path) -> None:
    results, file, page = tmp_path / "results.json", tmp_path / "measured.yaml", tmp_path / "page.md"
    results.write_text(measured().model_dump_json())
    page.write_text("<!-- bottlenecks -->\n<!-- /bottlenecks -->\n")
    take_in(results, file, page)
    assert Measured.read(file) == measured()
    assert tables(measured())["bottlenecks"] in page.read_text()


def test_nothing_is_taken_where_nothing_was_measured(tmp_path: Path) -> None:
    with pytest.raises(typer.Exit):
        take_in(tmp_path / "results.json", tmp_path / "measured.yaml", tmp_path / "page.md")
    assert list(tmp_path.iterdir()) == []
