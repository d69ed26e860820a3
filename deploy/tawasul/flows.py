"""Declares which service reads and writes which topic, with which consumer groups; backups, topic users and policies go
by it.

The command-line tool knows the services from outside only, so this is said here once more; a contract test holds it
against the services themselves.
"""

from collections.abc import Mapping

from shared.events.topics import (
    ASSIGNMENTS,
    ASSIGNMENTS_STATED,
    CONTACTS,
    DEADLINES,
    DEADLINES_STATED,
    DIRECTORY,
    NOTIFICATIONS,
    NOTIFICATIONS_STATED,
    SUBMISSIONS,
    SUBMISSIONS_STATED,
    TOPICS,
    Topic,
)

GROUPS: Mapping[str, Mapping[str, tuple[Topic, ...]]] = {
    "intake": {
        "tawasul-intake": (ASSIGNMENTS, DEADLINES, NOTIFICATIONS),
        "tawasul-intake-statements": (ASSIGNMENTS_STATED, DEADLINES_STATED, NOTIFICATIONS_STATED),
    },
    "router": {
        "tawasul-router": (SUBMISSIONS, DEADLINES),
        "tawasul-router-statements": (SUBMISSIONS_STATED, DEADLINES_STATED),
    },
    "sla-monitor": {
        "tawasul-sla-monitor": (SUBMISSIONS, ASSIGNMENTS),
        "tawasul-sla-monitor-statements": (SUBMISSIONS_STATED, ASSIGNMENTS_STATED),
    },
    "notifier": {
        "tawasul-notifier": (SUBMISSIONS, ASSIGNMENTS, DEADLINES),
        "tawasul-notifier-contacts": (CONTACTS,),
        "tawasul-notifier-statements": (SUBMISSIONS_STATED, ASSIGNMENTS_STATED, DEADLINES_STATED),
    },
}
"""By service, its consumer groups and what each of them reads."""

READ_WITHOUT_A_GROUP: Mapping[str, tuple[Topic, ...]] = {
    "intake": (DIRECTORY,),
    "sla-monitor": (DIRECTORY,),
    "notifier": (DIRECTORY,),
}
"""Read whole at every start."""


def groups_reading(topic: Topic) -> list[str]:
    return [group for groups in GROUPS.values() for group, topics in groups.items() if topic in topics]


def read_by(service: str) -> tuple[Topic, ...]:
    """In the order of `TOPICS`."""
    read = {topic.name for topics in GROUPS[service].values() for topic in topics}
    read |= {topic.name for topic in READ_WITHOUT_A_GROUP.get(service, ())}
    return tuple(topic for topic in TOPICS if topic.name in read)


def published_by(service: str) -> tuple[Topic, ...]:
    return tuple(topic for topic in TOPICS if topic.owner == service)
