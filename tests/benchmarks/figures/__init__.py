"""All figures, by the names that `make bench ONLY=…` takes."""

from tests.benchmarks.bench import Group
from tests.benchmarks.figures import (
    aggregates,
    arrivals,
    classifier,
    consumer,
    costs,
    door,
    due_poll,
    intake,
    journey,
    judging,
    lateness,
    lists,
    relay,
    sustained,
    told,
    watching,
    working_time,
)

GROUPS: dict[str, Group] = {
    "intake": intake.GROUP,
    "arrivals": arrivals.GROUP,
    "door": door.GROUP,
    "relay": relay.GROUP,
    "consumer": consumer.GROUP,
    "working_time": working_time.GROUP,
    "classifier": classifier.GROUP,
    "due_poll": due_poll.GROUP,
    "lateness": lateness.GROUP,
    "lists": lists.GROUP,
    "judging": judging.GROUP,
    "aggregates": aggregates.GROUP,
    "journey": journey.GROUP,
    "sustained": sustained.SUSTAINED,
    "mail": sustained.MAIL,
    "told": told.GROUP,
    "costs": costs.GROUP,
    "watching": watching.GROUP,
}
