"""From people to processes, partitions, cores and disks. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tawasul.capacity.measured import Measured
from tawasul.capacity.model import stretch
from tawasul.stack.settings import SERVICES

YEAR_SECONDS = 365 * 24 * 3_600
COPIES = 3
PARTITIONS = (12, 24, 48, 96, 192)
CORES_OF_A_MEMBER = 16
"""A larger server is to be had, but a replica set's primary should have room to recover in."""
MOST_IN_USE = 0.6
"""The share of its capacity that a part is planned for. The rest is for the worst minutes and for a lost replica."""
LEAST_REPLICAS = 2
MAILS = 3


@dataclass(frozen=True)
class Scenario:
    """`peak`: how much busier the busiest hour is than the mean one; `surge`: how much busier than that it gets, for
    `hours`. `pages`: opened for each submission."""

    name: str
    people: float
    a_person_a_year: float = 0.2
    peak: float = 6.0
    surge: float = 1.0
    hours: float = 1.0
    pages: float = 30.0

    @property
    def a_year(self) -> float:
        return self.people * self.a_person_a_year

    @property
    def rate(self) -> float:
        """Submissions a second for which there must be room."""
        return self.a_year / YEAR_SECONDS * self.peak * self.surge


SCENARIOS = (
    Scenario("Bahrain", 1.5e6),
    Scenario("a country of 100 million", 100e6),
    Scenario("Bahrain, disaster day", 1.5e6, surge=100, hours=6),
    Scenario("100 million, disaster day", 100e6, surge=100, hours=6),
)


@dataclass(frozen=True)
class Plan:
    scenario: Scenario
    replicas: Mapping[str, int]
    partitions: int
    mongod_cores: int
    shards: int
    kafka_cores: int
    """Per broker."""
    terabytes_a_year: float
    """For MongoDB, three copies."""
    kafka_gigabytes: float
    """30 days of the mean rate and one surge, three copies."""
    mails_a_second: float


def plan(scenario: Scenario, measured: Measured) -> Plan:
    rate = scenario.rate
    own = {name: rate / full for name, full in processes_full_at(measured).items()}
    own["intake"] += scenario.pages * rate * measured.page_ms / 1_000
    busy = {name: max(own[name], rate / full) for name, full in consumers_full_at(measured).items()}
    replicas = {name: max(LEAST_REPLICAS, math.ceil(busy[name] / MOST_IN_USE)) for name in SERVICES}
    mongod = _cores("mongod", rate, replicas, measured)
    # Each record is written by the partition's leader, and fetched and written by two followers.
    kafka = _cores("kafka", rate, replicas, measured)
    databases = sum(size for name, size in measured.stored_kb.items() if name.startswith("tawasul_"))
    in_kafka = scenario.a_year / YEAR_SECONDS * 30 * 24 * 3_600 + rate * scenario.hours * 3_600
    return Plan(
        scenario,
        replicas,
        next((number for number in PARTITIONS if number >= max(replicas.values())), PARTITIONS[-1]),
        max(2, math.ceil(mongod)),
        max(1, math.ceil(mongod / CORES_OF_A_MEMBER)),
        max(2, math.ceil(kafka)),
        scenario.a_year * databases * COPIES / 1e9,
        in_kafka * measured.stored_kb["Kafka, one copy"] * COPIES / 1e6,
        rate * MAILS,
    )


def consumers_full_at(measured: Measured) -> Mapping[str, float]:
    """By service, at how many submissions a second its consumer does nothing but full batches, on cores that are in use
    as far as they may be."""
    stretched = stretch(MOST_IN_USE, measured.cores)
    return {name: each.full_at(measured.most_events, stretched) for name, each in measured.stations.items()}


def processes_full_at(measured: Measured) -> Mapping[str, float]:
    """By service, at how many submissions a second its process, which is one thread, is all of a core. Full batches."""
    return {name: 1 / _for_one(name, measured) for name in measured.stations}


def _for_one(process: str, measured: Measured) -> float:
    """Seconds on a core for one submission, where every batch is full."""
    cost = measured.costs[process]
    batches = {name: each.events / measured.most_events for name, each in measured.stations.items()}
    return cost.cores(1, batches) - cost.at_rest


def _cores(process: str, rate: float, replicas: Mapping[str, int], measured: Measured) -> float:
    """Every replica makes batches of its own: more replicas, more and smaller batches, though none without an event."""
    stretched = stretch(MOST_IN_USE, measured.cores)
    events = {
        name: min(each.batch(rate / replicas[name], stretched, measured.cores), measured.most_events)
        for name, each in measured.stations.items()
    }
    batches = {name: rate * each.events / events[name] for name, each in measured.stations.items()}
    return measured.costs[process].cores(rate, batches) / MOST_IN_USE


def bottlenecks(measured: Measured, pages: float = SCENARIOS[0].pages) -> Sequence[tuple[str, float]]:
    """The part that is full first, and at how many submissions a second: one process of each service, and a MongoDB and
    a Kafka of sixteen cores with as many processes as that takes."""
    full = [(f"{name}'s consumer", rate) for name, rate in consumers_full_at(measured).items()]
    full += [(f"{name}'s core", rate) for name, rate in processes_full_at(measured).items()]
    full.append(("intake's pages", 1_000 / (pages * measured.page_ms)))
    for name in ("mongod", "kafka"):
        if each := _for_one(name, measured):
            full.append((name, CORES_OF_A_MEMBER / each))
    return sorted(full, key=lambda each: each[1])
