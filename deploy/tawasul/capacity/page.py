"""The tables of deploy/docs/capacity.md, each between two marks of its name."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tawasul.capacity.measured import Measured
from tawasul.capacity.plan import SCENARIOS, Scenario, bottlenecks, consumers_full_at, plan
from tawasul.stack.paths import REPOSITORY
from tawasul.stack.settings import SERVICES

TABLE = re.compile(r"(?P<begin><!-- (?P<name>\w+) -->)\n.*?(?P<end><!-- /(?P=name) -->)", re.DOTALL)
PAGE = REPOSITORY / "deploy" / "docs" / "capacity.md"


def tables(measured: Measured) -> Mapping[str, str]:
    """By name."""
    return {
        "where": where_table(measured),
        "costs": costs_table(measured),
        "consumers": consumers_table(measured),
        "stored": stored_table(measured),
        "foretold": foretold_table(measured),
        "plans": plans_table(measured),
        "bottlenecks": bottlenecks_table(measured),
    }


def with_tables(page: str, measured: Measured) -> str:
    """The page, with each of its tables made anew. A name that there is no table for is a KeyError."""
    made = tables(measured)

    def anew(found: re.Match[str]) -> str:
        return f"{found['begin']}\n{made[found['name']]}\n{found['end']}"

    return TABLE.sub(anew, page)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def where_table(measured: Measured) -> str:
    rates = ", ".join(f"{rate:g}" for rate in measured.rates)
    rows = (("commit", measured.commit), ("machine", measured.machine), ("submissions a second", rates))
    return _table(("Measured", "on"), iter(rows))


def costs_table(measured: Measured) -> str:
    processes = measured.processes
    everything = sum(each.per_submission_ms for each in processes.values())

    def rows() -> Iterator[Sequence[str]]:
        for name, each in processes.items():
            share = f"{each.per_submission_ms / everything:.0%}"
            yield name, _told(each.per_submission_ms), share, _told(each.per_batch_ms), f"{each.at_rest_cores:.2f}"
        rest = sum(each.at_rest_cores for each in processes.values())
        yield "together", f"{everything:.2f}", "100%", "", f"{rest:.2f}"

    head = ("Process", "ms on a core for one submission", "share", "ms on a core for one batch", "cores at rest")
    return _table(head, rows())


def _told(number: float) -> str:
    """Write a figure found from readings, or that the readings do not tell it apart from zero."""
    return format(number, ".2f") if number else "not told apart"


def consumers_table(measured: Measured) -> str:
    full = consumers_full_at(measured)

    def rows() -> Iterator[Sequence[str]]:
        for name, each in measured.consumers.items():
            works = (_told(each.fixed_ms), _told(each.per_event_ms))
            yield name, f"{each.events:.2f}", f"{each.waits_ms:.0f}", *works, f"{full[name]:.0f}"

    head = (
        "Consumer of",
        "events of a submission",
        "waits, ms",
        "ms of work for a batch",
        "and for each event in it",
        "full at, a second",
    )
    return _table(head, rows())


def stored_table(measured: Measured) -> str:
    return _table(("Of one submission", "KB"), ((name, f"{size:.1f}") for name, size in measured.stored_kb.items()))


def foretold_table(measured: Measured) -> str:
    checked = measured.checked
    rows = (
        (
            f"cores in use at {checked.rate:g} a second, which had no part in the model",
            f"{checked.foretold_cores:.2f}",
            f"{checked.measured_cores:.2f}",
            _missed(checked.foretold_cores, checked.measured_cores),
        ),
        (
            "submissions a second, one process of each service",
            f"{measured.foretold:.0f}",
            f"{measured.saturation:.0f}, {measured.on_their_way} being on their way",
            _missed(measured.foretold, measured.saturation),
        ),
    )
    return _table(("", "foretold", "measured", "missed by"), iter(rows))


def _missed(foretold: float, there: float) -> str:
    return f"{abs(foretold - there) / there:.0%}"


def bottlenecks_table(measured: Measured) -> str:
    rows = ((name, f"{rate:,.0f}") for name, rate in bottlenecks(measured))
    return _table(("One process, or sixteen cores", "full at submissions a second"), rows)


def plans_table(measured: Measured, scenarios: Sequence[Scenario] = SCENARIOS) -> str:
    plans = [plan(scenario, measured) for scenario in scenarios]

    def rows() -> Iterator[Sequence[str]]:
        yield "people", *(f"{p.scenario.people:,.0f}" for p in plans)
        yield "submissions a year", *(f"{p.scenario.a_year:,.0f}" for p in plans)
        yield "submissions a second to have room for", *(f"{p.scenario.rate:,.2f}" for p in plans)
        for name in SERVICES:
            yield f"processes of {name}", *(f"{p.replicas[name]}" for p in plans)
        yield "partitions", *(f"{p.partitions}" for p in plans)
        yield "cores of MongoDB's primaries", *(f"{p.mongod_cores}" for p in plans)
        yield "shards", *(f"{p.shards}" for p in plans)
        yield "cores of each of three brokers", *(f"{p.kafka_cores}" for p in plans)
        yield "MongoDB, TB a year (three copies)", *(f"{p.terabytes_a_year:,.3f}" for p in plans)
        yield "Kafka, GB (30 days, three copies)", *(f"{p.kafka_gigabytes:,.1f}" for p in plans)
        yield "mails a second", *(f"{p.mails_a_second:,.1f}" for p in plans)

    return _table(("", *(p.scenario.name for p in plans)), rows())
