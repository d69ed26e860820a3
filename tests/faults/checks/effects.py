"""Every event has its effect in each consumer, once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from intake.timeline.commands import FACTS_OF_OTHERS
from notifier.planning.commands import EVENT_TYPES
from router.consumers import HANDLERS as HANDLERS_OF_ROUTER
from shared.events.deadlines import PerformancePublished
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS, Topic
from sla_monitor.timekeeping.facts import KEPT

from tests.faults.checks import Difference
from tests.faults.observed import Record, World

OWN_TIMELINE = frozenset(
    {
        *("SubmissionReceived", "InformationAdded", "AttachmentsAdded"),
        *("SubmissionWithdrawn", "SubmissionRated", "SubmissionReopened"),
    }
)
"""Entries that intake itself writes there. A closing by rating is told by the rating."""


BEFORE_HISTORY = frozenset({"SubmissionReceived", "DeadlineResumed"})
"""Where an assignment comes from, and what it only notes where it ends the waiting."""


def _names(models: Any) -> frozenset[str]:
    return frozenset(model.model_fields["type"].default for model in models)


HANDLED: Mapping[str, tuple[frozenset[str], tuple[Topic, ...]]] = {
    "intake": (_names(FACTS_OF_OTHERS), (ASSIGNMENTS, DEADLINES, NOTIFICATIONS)),
    "router": (_names(HANDLERS_OF_ROUTER), (SUBMISSIONS, DEADLINES)),
    "sla-monitor": (_names(KEPT), (SUBMISSIONS, ASSIGNMENTS)),
    "notifier": (
        frozenset(EVENT_TYPES) - _names([PerformancePublished]),
        (SUBMISSIONS, ASSIGNMENTS, DEADLINES),
    ),
}
"""By service: the event types it handles, and the topics they are in."""


def inboxes_are_whole(world: World) -> Iterator[Difference]:
    for service, (types, topics) in HANDLED.items():
        for event in world.events(*topics):
            if event.type in types and event.id not in world.inboxes[service]:
                yield Difference("event not taken", f"{service} {event.key}", f"{event.type} {event.id}")


def timelines_are_whole(world: World) -> Iterator[Difference]:
    """The citizen's timeline tells everything once."""
    types, topics = HANDLED["intake"]
    of_others = world.events_by_key(*topics)
    own = world.events_by_key(SUBMISSIONS)
    for id, document in world.submissions.items():
        told = Counter(entry["id"] for entry in document["state"]["timeline"])
        for entry, times in told.items():
            if times > 1:
                yield Difference("timeline entry twice", id, f"{entry} {times} times")
        expected = {event.id: event for event in of_others.get(id, ()) if event.type in types}
        expected |= {event.id: event for event in own.get(id, ()) if event.type in OWN_TIMELINE}
        for missing in expected.keys() - told.keys():
            yield Difference("timeline entry missing", id, f"{expected[missing].type} {missing}")
        for unknown in told.keys() - expected.keys():
            yield Difference("timeline entry of nothing", id, unknown)


def histories_are_whole(world: World) -> Iterator[Difference]:
    """The officials' history tells each fact of the citizen, and each of their own acts, once."""
    citizens, officials = world.events_by_key(SUBMISSIONS), world.events_by_key(ASSIGNMENTS)
    for id, document in world.assignments.items():
        told = Counter(entry["what"] for entry in document["state"]["history"])
        happened = Counter(event.type for event in (*citizens.get(id, ()), *officials.get(id, ())))
        for what in (happened.keys() | told.keys()) - BEFORE_HISTORY:
            if happened[what] != told[what]:
                yield Difference("history", id, f"{what}: {happened[what]} events, {told[what]} entries")


def clocks_have_their_facts(world: World) -> Iterator[Difference]:
    types, topics = HANDLED["sla-monitor"]
    events = world.events_by_key(*topics)
    for id, document in world.clocks.items():
        facts = Counter(fact["id"] for fact in document["state"]["facts"])
        expected = {event.id for event in events.get(id, ()) if event.type in types and not _is_a_comment(event)}
        doubled = [fact for fact, times in facts.items() if times > 1]
        if doubled:
            yield Difference("fact of a clock twice", id, str(doubled))
        if expected != facts.keys():
            what = f"missing {sorted(expected - facts.keys())}, too many {sorted(facts.keys() - expected)}"
            yield Difference("facts of a clock", id, what)


def _is_a_comment(event: Record) -> bool:
    return event.type == "InformationAdded" and event.data.get("answers") is None


def no_dead_letters(world: World) -> Iterator[Difference]:
    for service, letters in world.dead_letters.items():
        for letter in letters:
            yield Difference("dead letter", f"{service} {letter['key']}", f"{letter['event_type']}: {letter['reason']}")


def members_took_back_what_no_majority_had(world: World) -> Iterator[Difference]:
    """Otherwise the run has not shown that what was acknowledged outlives it."""
    for number, rollback in enumerate(world.rollbacks, start=1):
        if not rollback.gone:
            yield Difference("nothing rolled back", f"rollback {number}", str(rollback))


def nothing_died_by_itself(world: World) -> Iterator[Difference]:
    for death in world.died:
        yield Difference("died", death.partition(" ")[0], death)
