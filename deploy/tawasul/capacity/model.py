"""The queueing model: what a submission costs each process, and where one process of each is full. Pure.

What a process uses of a core is a straight line over the rate: something that is there as soon as there is work, and
something for each submission. Most of the first is paid for batches: their number a second hardly grows with the rate,
their size does. On a busy machine batches get rarer and larger, so this part gives way, and cores that are all in use
do not yet mean a backlog. What does is a station that cannot take larger batches any more: a service's consumer takes
what waits, but no more than so many events, and takes the next when it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression


def line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Where it begins and how it rises. What would begin below nought goes through the origin, and what would fall is
    level: one of the two is 0 then, as they are not told apart."""
    found = linear_regression(x, y)
    if found.slope < 0:
        return fmean(y), 0.0
    if found.intercept < 0:
        return 0.0, linear_regression(x, y, proportional=True).slope
    return found.intercept, found.slope


@dataclass(frozen=True)
class Cost:
    """`fixed` in cores, as soon as there is work; `per_submission` in seconds on a core."""

    process: str
    fixed: float
    per_submission: float

    @classmethod
    def fitted(cls, process: str, rates: Sequence[float], cores: Sequence[float]) -> "Cost":
        """The line through what was used at each rate (submissions a second)."""
        return cls(process, *line(rates, cores))

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
        return cls(service, *line([each.events for each in batches], [each.seconds for each in batches]), events)

    def full_at(self, most: int) -> float:
        """Submissions a second where every batch has as many events as it may (`most`)."""
        return most / (self.fixed + self.per_event * most) / self.events


def saturation(stations: Sequence[Station], most: int) -> float:
    """Submissions a second from which on a backlog grows, of one process of each service."""
    return min(station.full_at(most) for station in stations)
