"""Builders for the notifier: facts, a small directory and planned notifications."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from notifier.cases.model import Case
from notifier.message_templates.model import Wording
from notifier.message_templates.snapshot import read_delivered
from notifier.notifications.model import Notification, notification_id
from notifier.planning.commands import EVENT_TYPES, tell
from notifier.planning.table import Table
from notifier.rendering.links import Links
from notifier.rendering.templates import Messages, read_catalogues
from notifier.sending.addressing import AddressBook
from notifier.sending.writing import MessageWriter
from notifier.settings import TABLE, NotifierSettings
from pydantic import SecretStr
from shared.events.contacts import ContactRegistered
from shared.events.deadlines import DeadlineEvent
from shared.events.directory import CategoryChanged, EntityChanged, OfficialChanged
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import EventData, SubmissionEvent
from shared.events.submissions import SubmissionReceived
from shared.events.topics import BY_EVENT
from shared.privacy.contacts import Contact, KeyRing, new_key
from shared.reference.directory import Directory
from shared.yaml_files import read_yaml

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
A_SUBMISSION = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"
A_KEY = new_key()
SESSION_KEYS = new_key()
A_SECRET = "s3cret-of_this"

Told = list[dict[str, Any]]
"""Notifications as they are stored."""


def an_id() -> str:
    return str(uuid4())


def an_entity(id: str = "works", **changed: Any) -> EntityChanged:
    known: dict[str, Any] = {
        "entity": id,
        "name": {"ar": f"جهة {id}", "en": f"Entity {id}"},
        "kind": "ministry",
        "email": f"{id}@gov.example",
        "calendar": "government",
    }
    return EntityChanged.model_validate(known | changed)


def an_official(id: str, entity: str = "works", role: str = "officer", **changed: Any) -> OfficialChanged:
    known: dict[str, Any] = {
        "official": id,
        "name": {"ar": f"موظف {id}", "en": f"Official {id}"},
        "entity": entity,
        "role": role,
        "email": f"{id}@gov.example",
        "language": "en",
    }
    return OfficialChanged.model_validate(known | changed)


def the_country() -> list[EntityChanged | OfficialChanged | CategoryChanged]:
    """Works has two officers, a supervisor and a head; power has nobody but an address; one person does the triage."""
    return [
        an_entity("works"),
        an_entity("power"),
        an_entity("central-office", kind="central"),
        an_official("officer.one"),
        an_official("officer.two", language="ar"),
        an_official("supervisor.works", role="supervisor"),
        an_official("head.works", role="head"),
        an_official("central.triage", "central-office", "central"),
        CategoryChanged.model_validate({"category": "roads", "name": {"ar": "الطرق", "en": "Roads"}}),
    ]


def a_directory(*more: EventData) -> Directory:
    directory = Directory()
    for change in (*the_country(), *more):
        directory.apply(change)
    return directory


@cache
def the_table() -> Table:
    return Table.model_validate(read_yaml(TABLE))


@cache
def delivered_wording() -> Wording:
    """The texts that the software brings."""
    return read_delivered(TABLE, read_catalogues(), EVENT_TYPES)


@cache
def the_messages() -> Messages:
    """Compiled once: templates are read, never changed."""
    return Messages(read_catalogues(), "Asia/Bahrain")


def the_book(sms_country: str | None = None) -> AddressBook:
    links = Links("https://tawasul.example")
    return AddressBook(a_directory(), a_ring(), links, timedelta(days=30), sms_country)


def the_writer(sms_country: str | None = None) -> MessageWriter:
    return MessageWriter(the_book(sms_country), the_messages())


def received(id: str = A_SUBMISSION, **changed: Any) -> SubmissionReceived:
    """From somebody who signed in and left an address."""
    known: dict[str, Any] = {
        "submission_id": id,
        "to_state": "received",
        "reference": "7K3MX-QPA42",
        "kind": "complaint",
        "text": "There is a pothole in front of my house.",
        "language": "en",
        "channel": "web",
        "category": "roads",
        "received_at": NOW,
        "contact_expected": True,
        "contact_id": "author",
        "author": "citizen.maryam",
    }
    return SubmissionReceived.model_validate(known | changed)


FIELDS: dict[str, Any] = {
    "attachments": [{"id": "a1", "media_type": "image/jpeg", "size": 9}],
    "entity": "works",
    "from_entity": "power",
    "decided_by": "rule",
    "reason": "because",
    "official": "officer.one",
    "parent": "5e6d1f5a-8c55-4a51-9d0e-3a5d0c1f7b22",
    "officials": ("officer.two",),
    "sub_case": "1",
    "in_charge": "officer.two",
    "relieved": ("officer.one",),
    "way": "load",
    "question_id": "q1",
    "text": "Where exactly is it?",
    "reason_code": "done",
    "decision": "upheld",
    "target": "answer",
    "due_at": NOW + timedelta(days=5),
    "share": 0.8,
    "rung": "head",
    "to_role": "head",
    "follower": "follower-1",
    "contact_id": "follower-1",
    "policy": "standard",
    "policy_version": 1,
    "calendar": "government",
    "calendar_version": 1,
}
OWN_FIELDS: dict[str, dict[str, Any]] = {
    "SubmissionClosed": {"reason": "time_passed", "from_state": "answered"},
    "SuggestionDecided": {"decision": "accepted"},
}
TO_STATES = {"SubmissionAnswered": "answered", "SubmissionDeclined": "declined", "SubmissionClosed": "closed"}


def a_fact(type: str, id: str = A_SUBMISSION, **changed: Any) -> Any:
    """The data of any event that someone is told of; what is not given is made up."""
    if type == "SubmissionReceived":
        return received(id, **changed)
    model = EVENT_TYPES[type]
    to_state = TO_STATES.get(type, "running" if issubclass(model, DeadlineEvent) else "assigned")
    known = FIELDS | {"submission_id": id, "from_state": "received", "to_state": to_state}
    return model.model_validate(known | OWN_FIELDS.get(type, {}) | changed)


def an_event(data: EventData, sequence: int = 1, time: datetime = NOW) -> Event:
    key = data.submission_id if isinstance(data, SubmissionEvent) else str(getattr(data, "submission_id", A_SUBMISSION))
    topic = BY_EVENT[data.__class__]
    return seal(OutgoingEvent(data), key, sequence, f"/tawasul/{topic.owner}", time, Cause("correlation"))


def told(
    *facts: EventData, directory: Directory | None = None, time: datetime = NOW, case: Case | None = None
) -> tuple[Case, Told]:
    """The case after these facts, and all notifications they asked for."""
    planned: Told = []
    state = case
    for number, fact in enumerate(facts, start=1):
        decision = tell(state, an_event(fact, number, time), directory or a_directory(), the_table(), NOW)
        state = decision.state
        planned += [document for name, document in decision.records if name == "notifications"]
    assert state is not None
    return state, planned


def brief(planned: Told) -> set[tuple[str, str, str]]:
    return {(document["recipient"], document["channel"], document["template"]) for document in planned}


def a_contact(id: str = A_SUBMISSION, language: str = "en", **changed: Any) -> ContactRegistered:
    contact = Contact(**{"name": "Maryam", "email": "maryam@citizens.example", "secret": A_SECRET} | changed)
    return ContactRegistered(
        submission_id=id, contact_id="author", language=language, sealed=a_ring().seal(contact, f"{id}/author")
    )


def a_ring() -> KeyRing:
    return KeyRing(SecretStr(A_KEY))


def a_notification(**changed: Any) -> Notification:
    event_id = an_id()
    known: dict[str, Any] = {
        "id": notification_id(event_id, f"{A_SUBMISSION}/author", "mail", "received"),
        "submission_id": A_SUBMISSION,
        "event_id": event_id,
        "about": "SubmissionReceived",
        "correlation_id": "correlation",
        "audience": "author",
        "recipient_kind": "contact",
        "recipient": f"{A_SUBMISSION}/author",
        "channel": "mail",
        "template": "received",
        "language": "en",
        "params": {"reference": "7K3MX-QPA42", "kind": "complaint"},
        "state": "sending",
        "event_at": NOW,
        "created_at": NOW,
        "changed_at": NOW,
    }
    return Notification.model_validate(known | changed)


def notifier_settings(
    infrastructure: Any, database: str, topic_prefix: str, issuer: str, smtp_port: int, **changed: Any
) -> NotifierSettings:
    return NotifierSettings.model_validate(
        {
            "kafka_bootstrap": infrastructure.kafka_bootstrap,
            "mongo_uri": infrastructure.mongo_uri,
            "mongo_database": database,
            "topic_prefix": topic_prefix,
            "kafka_partitions": 3,
            "oidc_issuer": issuer,
            "smtp_port": smtp_port,
            "contact_keys": A_KEY,
            "session_keys": SESSION_KEYS,
            "public_url": "https://tawasul.example",
            "retry_first_seconds": 0.05,
        }
        | changed
    )
