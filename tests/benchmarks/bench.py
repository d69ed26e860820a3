"""Common inputs of the figures: sizes, and a place to report progress."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.report import Figure


@dataclass
class Bench:
    """`scale` below 1 makes everything smaller, to try the benchmarks themselves; figures mean something at 1 only."""

    scale: float = 1.0
    told: Callable[[str], None] = field(default=lambda step: None)

    def step(self, what: str) -> None:
        """Another step begins."""
        self.told(what)

    def size(self, whole: int, least: int = 20) -> int:
        return max(least, round(whole * self.scale))

    def seconds(self, whole: float, least: float = 1.0) -> float:
        return max(least, whole * self.scale)


@dataclass(frozen=True)
class Group:
    """Figures that share their stores. `steps`: how often `measure` calls `Bench.step`."""

    measure: Callable[[Bench], Awaitable[list[Figure]]]
    steps: int


def share(sorted_values: list[float], per_cent: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * per_cent / 100))]


def middle(values: list[float]) -> float:
    return float(median(values))
