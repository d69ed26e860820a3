"""Prometheus metrics of the clocks."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram
from shared.events.deadlines import DeadlineEscalated, DeadlineEvent
from shared.events.envelope import OutgoingEvent
from shared.events.topics import DEADLINES

OPEN_CLOCKS = Gauge("tawasul_sla_monitor_open_clocks", "Clocks that have not ended", ["state"])
DUE_CLOCKS = Gauge("tawasul_sla_monitor_due_clocks", "Running clocks that are due within the next day")
OVERDUE_CLOCKS = Gauge("tawasul_sla_monitor_overdue_clocks", "Running clocks whose due time has passed")
UNKNOWN_CLOCKS = Gauge("tawasul_sla_monitor_unknown_clocks", "Cases that cannot be counted, and have no due time")
UNROUTED_AGE = Gauge(
    "tawasul_sla_monitor_unrouted_oldest_age_seconds", "Age of the oldest submission that has no custodian"
)
UNSETTLED_AGE = Gauge(
    "tawasul_sla_monitor_unsettled_oldest_age_seconds",
    "How long ago the oldest moment came at which a clock asked for something that has not happened",
)
DECLARED = Counter("tawasul_sla_monitor_declarations_total", "What clocks were found to have to say", ["type"])
ESCALATED = Counter("tawasul_sla_monitor_escalations_total", "Escalations declared", ["rung", "to_role"])
TARGET_SHARE = Gauge("tawasul_sla_monitor_target_share_ratio", "Share of answers that are to be given in time")
LATENESS = Histogram(
    "tawasul_sla_monitor_lateness_seconds",
    "From the moment a deadline asked for something until that was durable",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 10, 60, 600, 3_600),
)
SWEEP_MISSES = Counter("tawasul_sla_monitor_sweep_misses_total", "Batches decided again as a clock changed meanwhile")
JUDGED_ANEW = Counter("tawasul_sla_monitor_judged_anew_total", "Open clocks read again as another rulebook holds")
MOVES_TOLD = Counter("tawasul_sla_monitor_moves_told_total", "Open clocks of whose moved due time the others were told")
JUDGING_SHARE = Gauge(
    "tawasul_sla_monitor_judging_share_ratio",
    "Of the time, what judging anew takes: 1 while nothing comes in, 0 while there is nothing to judge",
)
JUDGING_FAILURES = Counter(
    "tawasul_sla_monitor_judging_failures_total",
    "Clocks that cannot be read, or that the new rulebook could not judge",
)
SWEEP_FAILURES = Counter("tawasul_sla_monitor_sweep_failures_total", "Clocks that could not be settled when due")

for name, model in DEADLINES.events.items():
    if issubclass(model, DeadlineEvent):
        DECLARED.labels(name)  # so that `rate()` sees the first increment


def count_events(events: Iterable[OutgoingEvent]) -> None:
    """Count published events of the sweeper and of recalculation, after they are written. A consumer's batch that is
    processed again counts again; the events themselves are never duplicated."""
    for draft in events:
        DECLARED.labels(draft.data.type).inc()
        if isinstance(draft.data, DeadlineEscalated):
            ESCALATED.labels(draft.data.rung, draft.data.to_role).inc()
