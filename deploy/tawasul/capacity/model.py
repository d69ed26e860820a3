"""The queueing model: what a submission costs each process, and where one process of each is full. Pure.

What a process uses of a core is a straight line over the rate: something that is there as soon as there is work, and
something for each submission. Most of the first is paid for batches: their number a second hardly grows with the rate,
their size does. On a busy machine batches get rarer and larger, so this part gives way, and cores that are all in use
do not yet mean a backlog. What does is a station that cannot take larger batches any more: a service's consumer takes
what waits, but no more than so many events, and takes the next when it is done.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression


@dataclass(frozen=True)
class Cost:
    """`fixed` in cores, as soon as there is work; `per_submission` in seconds on a core."""

    process: str
    fixed: float
    per_submission: float

    @classmethod
    def fitted(cls, process: str, rates: Sequence[float], cores: Sequence[float]) -> "Cost":
        """The line through what was used at each rate (submissions a second)."""
        line = linear_regression(rates, cores)
        return cls(process, max(0.0, line.intercept), max(0.0, line.slope))

    def cores(self, rate: float) -> float:
        return self.fixed + self.per_submission * rate


@dataclass(frozen=True)
class Batch:
    """Means over a while: how many events a batch had, and how long it took (seconds)."""

    events: float
    seconds: float


@dataclass(frozen=True)
class Station:
    """A service's consumer. A batch of n events takes `fixed` + n × `per_event` seconds; a submission is so many
    `events`."""

    service: str
    fixed: float
    per_event: float
    events: float

    @classmethod
    def fitted(cls, service: str, batches: Sequence[Batch], events: float) -> "Station":
        line = linear_regression([batch.events for batch in batches], [batch.seconds for batch in batches])
        return cls(service, max(0.0, line.intercept), max(0.0, line.slope), events)

    def full_at(self, most: int) -> float:
        """Submissions a second where every batch has as many events as it may (`most`)."""
        return most / (self.fixed + self.per_event * most) / self.events

    def batch_seconds(self, rate: float) -> float:
        """How long a batch takes in which everything is that came while the one before it was worked on."""
        busy = rate * self.events * self.per_event
        return math.inf if busy >= 1 else self.fixed / (1 - busy)


def saturation(stations: Sequence[Station], most: int) -> float:
    """Submissions a second from which on a backlog grows, of one process of each service."""
    return min(station.full_at(most) for station in stations)
