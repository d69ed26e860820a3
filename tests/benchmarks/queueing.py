"""The queueing model: processes as stations that share the cores of a machine.

What a process uses is a straight line over the rate: something at rest, and something for each submission. Batches make
it so: from a few dozen submissions a second on, the number of batches a second is fixed (by the relay's pace and the
consumers' fetches), and what grows is their size. A machine is full where the lines of all processes reach its cores,
or that of a service its one core, as a process of Python uses no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression

from tawasul.stack.settings import SERVICES


@dataclass(frozen=True)
class Cost:
    """`at_rest` in cores, `per_submission` in seconds on a core."""

    process: str
    at_rest: float
    per_submission: float

    @classmethod
    def fitted(cls, process: str, rates: Sequence[float], cores: Sequence[float]) -> "Cost":
        """The line through what was used at each rate (submissions a second)."""
        line = linear_regression(rates, cores)
        return cls(process, max(0.0, line.intercept), max(0.0, line.slope))


def saturation(costs: Sequence[Cost], cores: float) -> float:
    """Submissions a second from which on a backlog grows, of one process of each service on one machine."""
    together = (cores - sum(cost.at_rest for cost in costs)) / sum(cost.per_submission for cost in costs)
    services = [cost for cost in costs if cost.process in SERVICES and cost.per_submission]
    return min(together, *((1 - cost.at_rest) / cost.per_submission for cost in services))
