"""The topics of Tawasul, declared once: what travels on them, how they are keyed, split and kept."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

from pydantic import TypeAdapter

from shared.events import assignments, contacts, deadlines, directory, notifications, submissions
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

TOPICS = (SUBMISSIONS, CONTACTS, ASSIGNMENTS, DIRECTORY, DEADLINES, NOTIFICATIONS)
BY_NAME = {topic.name: topic for topic in TOPICS}
BY_EVENT = {event: topic for topic in TOPICS for event in topic.events.values()}


def dead_letter_topic(topic: str, group: str) -> str:
    return f"{topic}.{group}.dlq"
