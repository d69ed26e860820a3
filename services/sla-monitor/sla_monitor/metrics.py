"""Prometheus metrics of the clocks."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram
from shared.events.envelope import Draft

OPEN_CLOCKS = Gauge("tawasul_sla_monitor_open_clocks", "Clocks that have not ended", ["state"])
OVERDUE_CLOCKS = Gauge("tawasul_sla_monitor_overdue_clocks", "Running clocks whose due time has passed")
DECLARED = Counter("tawasul_sla_monitor_declarations_total", "What clocks were found to have to say", ["type"])
LATENESS = Histogram(
    "tawasul_sla_monitor_lateness_seconds",
    "From the moment a deadline asked for something until that was durable",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 10, 60, 600, 3_600),
)
SWEEP_MISSES = Counter("tawasul_sla_monitor_sweep_misses_total", "Batches decided again as a clock changed meanwhile")
SWEEP_FAILURES = Counter("tawasul_sla_monitor_sweep_failures_total", "Clocks that could not be settled when due")


def count_events(events: Iterable[Draft]) -> None:
    """A decision that is made again after a lost race counts again: the events themselves never double."""
    for draft in events:
        DECLARED.labels(draft.data.type).inc()
