"""What the router counts besides what every service does. Labels are states, moves and deciders: a bounded few."""

from prometheus_client import Counter, Gauge, Histogram

ASSIGNMENTS = Counter(
    "tawasul_router_assignments_total", "Custodians chosen, by what decided (triage: nothing was sure)", ["decided_by"]
)
REFUSED = Counter(
    "tawasul_router_transitions_refused_total", "Commands and facts that fitted no transition", ["move", "state"]
)
TRIAGE_DEPTH = Gauge("tawasul_router_triage_depth", "Submissions that wait for a person at the central office")
TRIAGE_AGE = Gauge("tawasul_router_triage_oldest_age_seconds", "Age of the oldest submission in triage")
ROUTING = Histogram(
    "tawasul_router_routing_duration_seconds",
    "Time spent on routing in one batch",
    buckets=(0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
DIRECTORY_VERSION = Gauge("tawasul_router_directory_version", "Publication of the directory in use; 0 before the first")


class PerBatch:
    """Adds up what the handlers of one batch spend, and observes the sum once."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._spent = 0.0

    def add(self, seconds: float) -> None:
        self._spent += seconds

    def observe(self) -> None:
        if self._spent:
            self._histogram.observe(self._spent)
            self._spent = 0.0


ROUTING_OF_BATCH = PerBatch(ROUTING)
