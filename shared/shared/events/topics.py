"""The topics of Tawasul, declared once: what travels on them, how they are keyed, split and kept."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

from pydantic import TypeAdapter

from shared.events import assignments, contacts, deadlines, directory, notifications, statements, submissions
from shared.events.model import EventData


@dataclass(frozen=True)
class Topic:
    """`name` is the topic's address, `stream` its short name inside documents (no dots).

    Split topics all have the same number of partitions (a setting, fixed once they are made).
    """

    name: str
    owner: str
    key: str
    events: dict[str, type[EventData]]
    adapter: TypeAdapter[Any]
    retention: timedelta | None = None
    compacted: bool = False
    is_split: bool = True

    @property
    def stream(self) -> str:
        return self.name.split(".")[1]


def _topic(name: str, owner: str, union: Any, key: str = "submission id", **kept: Any) -> Topic:
    events = {member.model_fields["type"].default: member for member in get_args(get_args(union)[0])}
    return Topic(name, owner, key, events, TypeAdapter(union), **kept)


STATEMENTS_KEPT = timedelta(days=3)
"""The next statement says the same again; a consumer that was away for longer is told all within the hour."""


def _statements(facts: Topic, model: type[EventData]) -> Topic:
    """Beside a topic of facts, of the same owner: what it has published there (ADR 49)."""
    name = facts.name.replace(f".{facts.stream}.", f".{facts.stream}-stated.")
    events = {model.model_fields["type"].default: model}
    kept: dict[str, Any] = {"retention": STATEMENTS_KEPT, "is_split": False}
    return Topic(name, facts.owner, "id of the statement", events, TypeAdapter(model), **kept)


SUBMISSIONS = _topic(
    "tawasul.submissions.v1",
    "intake",
    submissions.SubmissionsEvent,
    retention=timedelta(days=30),
)
CONTACTS = _topic(
    "tawasul.contacts.v1",
    "intake",
    contacts.ContactsEvent,
    key="submission id/contact id, and the same with /confirmed",
    compacted=True,
)
ASSIGNMENTS = _topic(
    "tawasul.assignments.v1",
    "router",
    assignments.AssignmentsEvent,
    retention=timedelta(days=30),
)
DIRECTORY = _topic(
    "tawasul.directory.v1",
    "router",
    directory.DirectoryEvent,
    key="entity:ID, official:ID, category:ID, area:ID or place:ID",
    is_split=False,
    compacted=True,
)
DEADLINES = _topic(
    "tawasul.deadlines.v1",
    "sla-monitor",
    deadlines.DeadlinesEvent,
    key="submission id, ENTITY:PERIOD for figures, or ENTITY:rules-VERSION",
    retention=timedelta(days=30),
)
NOTIFICATIONS = _topic(
    "tawasul.notifications.v1",
    "notifier",
    notifications.NotificationsEvent,
    retention=timedelta(days=30),
)

SUBMISSIONS_STATED = _statements(SUBMISSIONS, statements.SubmissionsStated)
ASSIGNMENTS_STATED = _statements(ASSIGNMENTS, statements.AssignmentsStated)
DEADLINES_STATED = _statements(DEADLINES, statements.DeadlinesStated)
NOTIFICATIONS_STATED = _statements(NOTIFICATIONS, statements.NotificationsStated)

TOPICS_OF_FACTS = (SUBMISSIONS, CONTACTS, ASSIGNMENTS, DIRECTORY, DEADLINES, NOTIFICATIONS)
"""Topics of facts: kept in backups, counted by the test of faults. Statements only repeat how many there are."""

STATED = {
    SUBMISSIONS.name: SUBMISSIONS_STATED,
    ASSIGNMENTS.name: ASSIGNMENTS_STATED,
    DEADLINES.name: DEADLINES_STATED,
    NOTIFICATIONS.name: NOTIFICATIONS_STATED,
}
"""By the name of the topic of facts, where its owner states what it published."""

TOPICS = (*TOPICS_OF_FACTS, *STATED.values())
BY_NAME = {topic.name: topic for topic in TOPICS}
BY_EVENT = {event: topic for topic in TOPICS for event in topic.events.values()}


def dead_letter_topic(topic: str, group: str) -> str:
    return f"{topic}.{group}.dlq"
