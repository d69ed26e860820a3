"""The queueing model by itself, and what is planned by it."""

import math
from pathlib import Path

import pytest
import typer
from tawasul.capacity.command import take_in
from tawasul.capacity.measured import Checked, Consumer, Measured, ProcessCost
from tawasul.capacity.model import Batch, Cost, Station, saturation
from tawasul.capacity.page import plans_table, tables, with_tables
from tawasul.capacity.plan import MOST_IN_USE, SCENARIOS, Scenario, bottlenecks, plan
from tawasul.stack.settings import SERVICES

A_HUNDRED_A_SECOND = Scenario("a hundred a second", people=365 * 24 * 3_600 * 100, a_person_a_year=1, peak=1, pages=0)


def measured(mongod: float = 1.0, **events_ms: float) -> Measured:
    """A millisecond on a core for every process, and for every event, but those named; batches cost nothing by
    themselves."""
    per_event = dict.fromkeys(SERVICES, 1.0) | events_ms
    costs = dict.fromkeys((*SERVICES, "kafka"), 1.0) | {"mongod": mongod}
    return Measured(
        commit="0",
        machine="none",
        most_events=200,
        rates=[10, 20],
        processes={
            name: ProcessCost(at_rest_cores=0, fixed_cores=0, per_submission_ms=cost) for name, cost in costs.items()
        },
        consumers={name: Consumer(fixed_ms=0, per_event_ms=each, events=1) for name, each in per_event.items()},
        checked=Checked(rate=30, foretold_cores=1, measured_cores=1),
        sustained=950,
        not_sustained=1050,
        page_ms=2.0,
        stored_kb={"tawasul_intake": 8.0, "tawasul_router": 2.0, "Kafka, one copy": 5.0},
    )


def test_a_line_is_put_through_what_was_used_at_each_rate() -> None:
    cost = Cost.fitted("intake", [10, 20, 30], [0.15, 0.25, 0.35])
    assert cost.fixed == pytest.approx(0.05)
    assert cost.per_submission == pytest.approx(0.01)
    assert cost.cores(40) == pytest.approx(0.45)


def test_what_falls_as_the_rate_grows_costs_nothing_for_a_submission_and_its_mean_at_any_work() -> None:
    cost = Cost.fitted("kafka", [10, 20, 30], [0.3, 0.2, 0.1])
    assert cost.per_submission == 0
    assert cost.fixed == pytest.approx(0.2)


def test_a_line_that_would_begin_below_nought_goes_through_the_origin() -> None:
    station = Station.fitted("router", [Batch(10, 0.01), Batch(20, 0.04)], events=2)
    assert station.fixed == 0
    assert station.per_event == pytest.approx(0.0018)


def test_what_is_not_told_apart_is_no_nought_on_the_page() -> None:
    assert "| kafka | 1.00 | 17% | not told apart | 0.00 |" in tables(measured())["costs"]
    assert "| router | 1.00 | not told apart | 1.00 | 1000 |" in tables(measured())["consumers"]


def test_a_line_is_put_through_how_long_batches_took() -> None:
    station = Station.fitted("router", [Batch(10, 0.03), Batch(20, 0.04), Batch(50, 0.07)], events=2)
    assert station.fixed == pytest.approx(0.02)
    assert station.per_event == pytest.approx(0.001)


def test_a_consumer_is_full_where_its_batches_are() -> None:
    station = Station("router", fixed=0.05, per_event=0.001, events=4)
    assert station.full_at(200) == pytest.approx(200 / 0.25 / 4)
    assert saturation([station, Station("notifier", 0.05, 0.002, 4)], 200) == pytest.approx(200 / 0.45 / 4)


def test_there_is_always_one_more_than_one_and_none_is_used_to_its_limit() -> None:
    assert set(plan(SCENARIOS[0], measured()).replicas.values()) == {2}
    replicas = plan(A_HUNDRED_A_SECOND, measured(notifier=60.0)).replicas["notifier"]
    assert 100 * 0.06 / replicas <= MOST_IN_USE


def test_what_costs_ten_times_as_much_needs_ten_times_the_processes_and_partitions_for_them() -> None:
    planned = plan(A_HUNDRED_A_SECOND, measured(notifier=90.0))
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
