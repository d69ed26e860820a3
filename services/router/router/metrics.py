"""Metrics of the router beside those of every service. Labels are states, moves and deciders: a bounded few."""

from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

PUT_IN_CHARGE = Counter(
    "tawasul_router_put_in_charge_total",
    "Cases that an official was put in charge of without a person's doing",
    ["way"],
)
ASSIGNMENTS = Counter(
    "tawasul_router_assignments_total", "Custodians chosen, by what decided (triage: nothing was sure)", ["decided_by"]
)
REFUSED = Counter(
    "tawasul_router_transitions_refused_total", "Commands and facts that fitted no transition", ["move", "state"]
)
TRIAGE_DEPTH = Gauge("tawasul_router_triage_depth", "Submissions that wait for a person at the central office")
TRIAGE_AGE = Gauge("tawasul_router_triage_oldest_age_seconds", "Age of the submission in triage that is due first")
CUSTODIAN_FOUND = Histogram(
    "tawasul_router_received_to_custodian_seconds",
    "From the acknowledgement of a submission until an entity or the central office has it",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600),
)
ROUTING = Histogram(
    "tawasul_router_routing_duration_seconds",
    "Time spent on routing in one batch",
    buckets=(0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
)
MODEL_VERSION = Gauge("tawasul_router_model_version", "The classifier's model in use; 0: none, triage goes on")
MODEL_WANTED = Gauge("tawasul_router_model_wanted_version", "The model that was taken into use; 0: none ever was")
MODEL_UNUSABLE = Counter(
    "tawasul_router_model_unusable_total", "Models that could not be used: missing, broken, format", ["reason"]
)
SCORED = Counter(
    "tawasul_router_texts_scored_total", "Texts that no rule placed: decided, suggested, failed", ["outcome"]
)
SCORING = Histogram(
    "tawasul_router_scoring_duration_seconds",
    "Time spent on scoring the texts of one batch, in a thread",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
TRAININGS_ENDED = Counter(
    "tawasul_router_trainings_total", "Models that were asked for at the desk: done, failed", ["outcome"]
)
SUGGESTIONS_TAKEN = Counter(
    "tawasul_router_suggestions_taken_total", "Placings beside suggestions: which one it was", ["outcome"]
)
DUPLICATES = Counter(
    "tawasul_router_duplicates_total", "Submissions merged into another, and what became of them", ["outcome"]
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


class Received:
    """When the submissions of a batch were filed, until the batch is durable; tried again, each still counts once."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._received: dict[str, datetime] = {}

    def note(self, submission: str, received_at: datetime) -> None:
        self._received[submission] = received_at

    def observe(self, durable_at: datetime) -> None:
        for received_at in self._received.values():
            self._histogram.observe(max(0.0, (durable_at - received_at).total_seconds()))
        self._received.clear()

    def forget(self) -> None:
        self._received.clear()


RECEIVED_OF_BATCH = Received(CUSTODIAN_FOUND)
