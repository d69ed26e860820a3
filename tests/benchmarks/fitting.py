"""Fits the cost of batches and submissions, and how a consumer takes them, to readings of a few seconds each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from scipy.optimize import nnls
from tawasul.capacity.model import Cost, Station, among_all, stretch

from tests.benchmarks.batches import Taken


@dataclass(frozen=True)
class Reading:
    """Some seconds at a steady rate of submissions a second: cores in use by process, and what each service's consumer
    took."""

    rate: float
    seconds: float
    cores: Mapping[str, float]
    taken: Mapping[str, Taken]

    @property
    def in_use(self) -> float:
        return sum(self.cores.values())

    def as_done(self, events: Mapping[str, float]) -> "Reading":
        """At the rate of what was done meanwhile, where each service takes so many `events` of a submission: on full
        cores that may be less than came."""
        done = [taken.events / events[name] for name, taken in self.taken.items()]
        return replace(self, rate=fmean(done) / self.seconds)

    def batches_a_second(self, process: str) -> float:
        """A service's own; of all services for what serves them."""
        mine = [self.taken[process]] if process in self.taken else self.taken.values()
        return sum(each.batches for each in mine) / self.seconds


def cost(process: str, readings: Sequence[Reading], at_rest: float) -> Cost:
    """Fit what a batch and a submission add to the use at rest; neither may reduce it."""
    rows = [[reading.batches_a_second(process), reading.rate] for reading in readings]
    per_batch, per_submission = _nonnegative(rows, [reading.cores[process] - at_rest for reading in readings])
    return Cost(process, at_rest, per_batch, per_submission)


def station(service: str, readings: Sequence[Reading], events: float, cores: int) -> Station:
    """How long its batches would take on cores of their own, and how long it waits before the next."""
    rows, seconds, waits = [], [], []
    for reading in readings:
        taken = reading.taken[service]
        if mean := taken.mean:
            rows.append([1.0, mean.events])
            seconds.append(mean.seconds / among_all(stretch(reading.in_use / cores, cores), cores))
            waits.append(max(0.0, reading.seconds / taken.batches - mean.seconds))
    if not waits:
        raise RuntimeError(f"{service} took too few batches to say anything")
    fixed, per_event = _nonnegative(rows, seconds)
    return Station(service, fmean(waits), fixed, per_event, events)


def _nonnegative(rows: Sequence[Sequence[float]], values: Sequence[float]) -> tuple[float, float]:
    """The least squares' two factors. What they cannot tell apart from nought is nought."""
    first, second = nnls(rows, values)[0]
    return float(first), float(second)
