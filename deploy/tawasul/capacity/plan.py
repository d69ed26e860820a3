"""From people to processes, partitions, cores and disks. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tawasul.capacity.measured import Measured
from tawasul.stack.settings import SERVICES

YEAR_SECONDS = 365 * 24 * 3_600
COPIES = 3
PARTITIONS = (12, 24, 48, 96, 192)
CORES_OF_A_MEMBER = 16
"""A larger server is to be had, but a replica set's primary should have room to recover in."""
MOST_IN_USE = 0.6
"""Of what one can do. The rest is for the minutes that are worse than their hour, and for a replica that is away."""
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
    """Of each broker."""
    terabytes_a_year: float
    """Of MongoDB, three copies."""
    kafka_gigabytes: float
    """30 days of the mean rate and one surge, three copies."""
    mails_a_second: float


def plan(scenario: Scenario, measured: Measured) -> Plan:
    rate = scenario.rate
    stations = measured.stations
    busy = {name: rate / station.full_at(measured.most_events) for name, station in stations.items()}
    busy["intake"] += scenario.pages * rate * measured.page_ms / 1_000
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


def _cores(process: str, rate: float, replicas: Mapping[str, int], measured: Measured) -> float:
    """What is there as soon as there is work is the batches' of one replica each; more replicas, more batches."""
    cost = next(cost for cost in measured.costs if cost.process == process)
    return (cost.fixed * sum(replicas.values()) / len(replicas) + cost.per_submission * rate) / MOST_IN_USE


def bottlenecks(measured: Measured, pages: float = SCENARIOS[0].pages) -> Sequence[tuple[str, float]]:
    """What is full first, at how many submissions a second: one process of each service, and a MongoDB and a Kafka of
    sixteen cores with as many processes as that takes."""
    most = measured.most_events
    full = [(f"{name}'s consumer", station.full_at(most)) for name, station in measured.stations.items()]
    full.append(("intake's pages", 1_000 / (pages * measured.page_ms)))
    replicas = fmean(1 / (station.full_at(most) * MOST_IN_USE) for station in measured.stations.values())
    for cost in measured.costs:
        each = cost.per_submission + cost.fixed * replicas
        if cost.process in ("mongod", "kafka") and each:
            full.append((cost.process, CORES_OF_A_MEMBER / each))
    return sorted(full, key=lambda each: each[1])
