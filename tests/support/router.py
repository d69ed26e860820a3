"""Builders for the router: a small country, what a citizen sends, an assignment in any state."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from router.cases.life import State
from router.cases.model import Assignment, Custodian, Decided, Due, Question, Submission
from router.directory.model import Country
from router.directory.snapshot import Directory
from router.settings import RouterSettings
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import EventData
from shared.events.submissions import SubmissionReceived
from shared.events.topics import BY_EVENT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SESSION_KEYS = urlsafe_b64encode(b"a session key of exactly 32 byte").decode()
A_SUBMISSION = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"
WEST, EAST = (50.25, 26.5), (50.75, 26.5)


def _name(id: str) -> dict[str, str]:
    return {"ar": f"«{id}»", "en": id.capitalize()}


def an_entity(id: str, kind: str = "ministry", **more: Any) -> dict[str, Any]:
    return {"id": id, "name": _name(id), "kind": kind, "calendar": "government"} | more


def an_official(id: str, entity: str, role: str = "officer", **more: Any) -> dict[str, Any]:
    return {"id": id, "name": _name(id), "entity": entity, "role": role, "language": "ar"} | more


def an_area(id: str, west: float, east: float, blocks: list[list[int]]) -> dict[str, Any]:
    ring = [[west, 26.0], [east, 26.0], [east, 27.0], [west, 27.0], [west, 26.0]]
    return {"id": id, "name": _name(id), "polygon": [ring], "blocks": blocks}


def a_place(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": _name(id), "lat": WEST[1], "lon": WEST[0]} | more


def a_category(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": _name(id)} | more


def a_rule(id: str, then: dict[str, Any], **when: Any) -> dict[str, Any]:
    return {"id": id, "name": _name(id), "when": when, "then": then}


def a_template(id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": _name(id), "text": {"ar": text, "en": text}} | more


def a_country(**changed: Any) -> dict[str, Any]:
    """Two areas side by side, four entities, three leaf categories, five rules. As an administrator sends it."""
    return {
        "entities": [
            an_entity("central-office", "central"),
            an_entity("works"),
            an_entity("ewa", "authority"),
            an_entity("west-municipality", "municipality", areas=["west"]),
            an_entity("east-municipality", "municipality", areas=["east"]),
        ],
        "officials": [an_official("officer.works", "works"), an_official("triage", "central-office", "central")],
        "categories": [
            a_category("roads"),
            a_category("roads.pothole", parent="roads", entity="works", priority="high"),
            a_category("roads.lighting", parent="roads", entity="ewa"),
            a_category("rubbish", entity_by_area={"west": "west-municipality", "east": "east-municipality"}),
        ],
        "areas": [an_area("west", 50.0, 50.5, [[100, 199]]), an_area("east", 50.5, 51.0, [[200, 299]])],
        "rules": [
            a_rule("chosen", {"catalogue": True}),
            a_rule("potholes", {"category": "roads.pothole"}, words=["حفرة", "pothole", "hole in the road"]),
            a_rule("lighting", {"category": "roads.lighting"}, words=["إنارة", "street light"]),
            a_rule("rubbish", {"category": "rubbish"}, words=["قمامة", "rubbish"]),
            a_rule("triage", {"triage": True}),
        ],
    } | changed


def a_directory(version: int = 1, **changed: Any) -> Directory:
    return Directory.of(version, Country.model_validate(a_country(**changed)))


def received(id: str = A_SUBMISSION, **changed: Any) -> SubmissionReceived:
    """The fact with which everything begins."""
    known: dict[str, Any] = {
        "submission_id": id,
        "to_state": "received",
        "reference": "7K3MX-QPA42",
        "kind": "complaint",
        "text": "There is a pothole in front of my house.",
        "language": "en",
        "channel": "web",
        "received_at": NOW - timedelta(minutes=1),
    }
    return SubmissionReceived.model_validate(known | changed)


def an_event(data: EventData, sequence: int = 1, time: datetime = NOW, key: str = A_SUBMISSION) -> Event:
    topic = BY_EVENT[type(data)]
    return seal(OutgoingEvent(data), key, sequence, f"/tawasul/{topic.owner}", time, Cause("correlation"))


def an_assignment(
    state: State = State.ASSIGNED, entity: str = "works", kind: str = "complaint", **changed: Any
) -> Assignment:
    """As it is in this state, without a history."""
    shell = state is State.EXPECTED
    submission = None if shell else Submission.model_validate(received(kind=kind).model_dump())
    known: dict[str, Any] = {
        "state": state,
        "submission": submission,
        "entity": None if shell else entity,
        "decided": None if shell else Decided(by="rule", reason="because", rule="potholes", directory_version=1),
        "question": Question(id="q1", text="Where?", asked_at=NOW) if state is State.AWAITING_CITIZEN else None,
        "custodians": () if shell else (Custodian(entity=entity, since=NOW - timedelta(hours=1)),),
        "list_at": None if shell else NOW,
    }
    return Assignment(**known | changed)


def due(at: datetime) -> Due:
    return Due(at=at, target="answer", windows=((at - timedelta(hours=7), at),))


def an_id() -> str:
    return str(uuid4())


def router_settings(infrastructure: Any, database: str, topic_prefix: str, issuer: str, **changed: Any) -> Any:
    known: dict[str, Any] = {
        "kafka_bootstrap": infrastructure.kafka_bootstrap,
        "mongo_uri": infrastructure.mongo_uri,
        "mongo_database": database,
        "topic_prefix": topic_prefix,
        "kafka_partitions": 3,
        "oidc_issuer": issuer,
        "session_keys": SESSION_KEYS,
        "public_url": "http://service",
    }
    return RouterSettings(**known | changed)
