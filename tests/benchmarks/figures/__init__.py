"""All figures, by the names that `make bench ONLY=…` takes."""

from tests.benchmarks.bench import Group
from tests.benchmarks.figures import arrivals, consumer, intake, relay

GROUPS: dict[str, Group] = {
    "intake": intake.GROUP,
    "arrivals": arrivals.GROUP,
    "relay": relay.GROUP,
    "consumer": consumer.GROUP,
}
