"""The queueing model: what a submission costs each process, and where one process of each service is full. Pure.

All processes share the machine's cores. What each uses of them is paid for at rest, for every batch and for every
submission. A consumer waits for events, takes all that are there, and takes the next when it is done with these; while
it works, the next gather. The work of a batch is stretched by whatever else is on the cores, as in a queue with as many
servers that share their time among all who are there (M/M/c, processor sharing). So as cores fill up batches take
longer, grow, and get fewer, which gives some of the cores back: where the two meet is how the system runs at a rate.
A backlog grows from the rate at which some consumer's batches would be larger than they may be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

FULL = 1 - 1e-6
"""No share of the cores in use is higher: work would be stretched for ever."""
HALVINGS = 50
PROCESSES = 8
"""Kafka, mongod, four services, who files, and who takes the mails."""


def stretch(use: float, cores: int) -> float:
    """How many times as long work takes where this share of so many cores is in use."""
    return 1 / (1 - min(use, FULL) ** cores)


def among_all(stretched: float, cores: int) -> float:
    """The same of a process's own work: no more processes than there are want a core at a time."""
    return min(stretched, max(1.0, PROCESSES / cores))


@dataclass(frozen=True)
class Cost:
    """`at_rest` in cores; `per_batch` and `per_submission` in seconds on a core."""

    process: str
    at_rest: float
    per_batch: float
    per_submission: float

    def cores(self, rate: float, batches: Mapping[str, float]) -> float:
        """In use at so many submissions a second, and batches a second of each service: a service pays for its own,
        what serves them all for all."""
        paid = batches.get(self.process, sum(batches.values()))
        return self.at_rest + self.per_batch * paid + self.per_submission * rate


@dataclass(frozen=True)
class Station:
    """A service's consumer. It waits for `waits` seconds; a batch of n events is work for `fixed` + n × `per_event`
    seconds; a submission is so many `events`."""

    service: str
    waits: float
    fixed: float
    per_event: float
    events: float

    def batch(self, rate: float, stretched: float, cores: int) -> float:
        """Events in a batch at so many submissions a second, one at least; infinite where more come than it can do.

        What a batch costs by itself is waited for however long it takes on full cores, which is how batches get larger
        there; its events are work between such waits.
        """
        each = rate * self.events
        left = 1 - each * among_all(stretched, cores) * self.per_event
        return max(1.0, each * (self.waits + stretched * self.fixed) / left) if left > 0 else inf

    def full_at(self, most: int, stretched: float) -> float:
        """Submissions a second where every batch has as many events as it may (`most`) and none is waited for."""
        return most / (stretched * (self.fixed + self.per_event * most)) / self.events


@dataclass(frozen=True)
class Load:
    """`use`: the share of all cores; `batches`: by service, how many events one has."""

    use: float
    batches: Mapping[str, float]


@dataclass(frozen=True)
class System:
    """One process of each service on one machine with all that they need. `most`: events in a batch."""

    costs: Sequence[Cost]
    stations: Sequence[Station]
    cores: int
    most: int

    def at(self, rate: float) -> Load:
        """How it runs at so many submissions a second."""
        low, high = 0.0, FULL
        for _ in range(HALVINGS):
            use = (low + high) / 2
            low, high = (use, high) if self._in_use(rate, use) > use else (low, use)
        return Load(self._in_use(rate, high), self._batches(rate, high))

    @property
    def saturation(self) -> float:
        """Submissions a second from which on a backlog grows."""
        low, high = 0.0, 1.0
        while self._carries(high):
            low, high = high, 2 * high
        for _ in range(HALVINGS):
            rate = (low + high) / 2
            low, high = (rate, high) if self._carries(rate) else (low, rate)
        return low

    def _carries(self, rate: float) -> bool:
        load = self.at(rate)
        return load.use < FULL and max(load.batches.values()) < self.most

    def _batches(self, rate: float, use: float) -> Mapping[str, float]:
        stretched = stretch(use, self.cores)
        return {station.service: station.batch(rate, stretched, self.cores) for station in self.stations}

    def _in_use(self, rate: float, use: float) -> float:
        """The share of the cores that batches of the size take which they have where `use` is in use."""
        sizes = self._batches(rate, use)
        batches = {each.service: rate * each.events / min(sizes[each.service], self.most) for each in self.stations}
        return sum(cost.cores(rate, batches) for cost in self.costs) / self.cores
