"""CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_*` headers, the JSON data in the value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID, uuid5

from pydantic import ValidationError

from shared.events.faults import Fault, faults_of
from shared.events.model import EventData
from shared.events.topics import BY_EVENT, Topic
from shared.ids import new_id

T = TypeVar("T")

Headers = Sequence[tuple[str, bytes]]

REPLAY_HEADER = "tawasul_replay"
"""Names the consumer group a dead letter is given to once more; that group checks it by id alone."""

LARGEST_SEQUENCE = 2**53

REPLAYED_LETTER_HEADER = "tawasul_replay_letter"
"""Names the dead letter that a replay is of: what comes of it is noted there."""


class InvalidEvent(Exception):
    """The record is no event that anyone could ever handle: set it aside, do not retry.

    It says which field and which class of value, never the value. `has_known_type`: its type has a schema.
    """

    def __init__(self, reason: str, field: str = "", value_class: str = "", has_known_type: bool = False) -> None:
        super().__init__(reason)
        self.field = field
        self.value_class = value_class
        self.has_known_type = has_known_type


class UnknownEventType(Exception):
    """A type newer than this code: skip and count, a rolling upgrade must not fill the dead letters."""

    def __init__(self, type: str, key: str, sequence: int, time: datetime) -> None:
        super().__init__(type)
        self.key = key
        self.sequence = sequence
        self.time = time


@dataclass(frozen=True, slots=True)
class Event:
    """One fact in its envelope. `sequence` counts per (topic, key) without gaps, from 1."""

    id: str
    source: str
    topic: Topic
    key: str
    sequence: int
    time: datetime
    data: Any
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    replay_for: str | None = None

    @property
    def type(self) -> str:
        return str(self.data.type)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an event is written: what it belongs to, and the event that led to it."""

    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


def caused_by(event: Event) -> Cause:
    return Cause(event.correlation_id, event.id, event.traceparent)


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event a decision wants published; the store gives it its place in the sequence.

    `key` is given where another one than the aggregate's counts (a contact), in a sequence of its own. An `id` is given
    where the same fact must have the same id however often it is decided (a declaration).
    """

    data: EventData
    key: str | None = None
    id: str | None = None

    @property
    def topic(self) -> Topic:
        return BY_EVENT[type(self.data)]


def outbox_entry(event: Event) -> dict[str, Any]:
    """The event as it waits in its aggregate's document: each attribute once."""
    entry = {
        "id": event.id,
        "topic": event.topic.name,
        "key": event.key,
        "time": event.time,
        "type": event.type,
        "source": event.source,
        "sequence": event.sequence,
        "correlation_id": event.correlation_id,
        "value": event.data.__pydantic_serializer__.to_json(event.data, exclude_none=True),
    }
    if event.causation_id:
        entry["causation_id"] = event.causation_id
    if event.traceparent:
        entry["traceparent"] = event.traceparent
    return entry


TIME_BITS = 80
"""The bits after the 48 bits of time in an id of version 7."""


def id_of_consequence(event_id: str, source: str, place: int) -> str:
    """The id of what `source` concludes from an event, `place` numbering its conclusions: the same whenever it is
    concluded again, after a restore or when a database is rebuilt. It begins with the time that its cause's id begins
    with, so that indexes over ids still grow at one end."""
    cause = UUID(event_id)
    concluded = uuid5(cause, f"{source}/{place}")
    if cause.version not in (7, 8):
        return str(concluded)
    time, rest = cause.int >> TIME_BITS, concluded.int & ((1 << TIME_BITS) - 1)
    version_8 = rest & ~(0xF << 76) | (8 << 76)
    return str(UUID(int=(time << TIME_BITS) | version_8))


@lru_cache(maxsize=512)
def _same_for_all(type: str, source: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_type", type.encode()),
        ("ce_source", source.encode()),
    )


def kafka_headers(entry: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    """CloudEvents attributes of what waits in an outbox. A record that was set aside has kept its `headers`."""
    if (kept := entry.get("headers")) is not None:
        return [(name, value.encode()) for name, value in kept.items()]
    headers = [
        *_same_for_all(entry["type"], entry["source"]),
        ("ce_id", entry["id"].encode()),
        ("ce_subject", entry["key"].encode()),
        ("ce_time", _stamp(entry["time"])),
        ("ce_sequence", b"%d" % entry["sequence"]),
        ("ce_correlationid", entry["correlation_id"].encode()),
    ]
    if (causation := entry.get("causation_id")) is not None:
        headers.append(("ce_causationid", causation.encode()))
    if (trace := entry.get("traceparent")) is not None:
        headers.append(("ce_traceparent", trace.encode()))
    return headers


@lru_cache(maxsize=4_096)
def _stamp(time: datetime) -> bytes:
    """RFC 3339. The events of one decision have one time, but a relay meets them far apart: it sorts by topic."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def tombstone_entry(topic: Topic, key: str, time: datetime) -> dict[str, Any]:
    """A record without a value, waiting like an event: on a compacted topic it erases what its key held."""
    return {"id": new_id(), "topic": topic.name, "key": key, "time": time, "headers": {}, "value": None}


def seal(draft: OutgoingEvent, key: str, sequence: int, source: str, time: datetime, cause: Cause) -> Event:
    return Event(
        id=draft.id or new_id(),
        source=source,
        topic=draft.topic,
        key=key,
        sequence=sequence,
        time=time,
        data=draft.data,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        traceparent=cause.traceparent,
    )


def header_texts(headers: Headers) -> dict[str, str]:
    """Kafka allows a header without a value. Raises ValueError for one that is no text."""
    return {name: (raw or b"").decode() for name, raw in headers}


REQUIRED = ("ce_type", "ce_id", "ce_time", "ce_sequence", "ce_source")


def _of_envelope(name: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, OverflowError) as error:
        raise InvalidEvent(f"no CloudEvents envelope: {name} refused as {type(error).__name__}", name) from error


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time.astimezone(UTC)


def _does_not_fit(event_type: str, faults: Sequence[Fault]) -> InvalidEvent:
    reason = f"{event_type} does not fit its schema: {'; '.join(map(str, faults[:5]))}"
    first = faults[0]
    return InvalidEvent(reason, f"{event_type}.{first.path}", first.value_class, has_known_type=True)


def read_event(topic: Topic, key: bytes | None, value: bytes | None, headers: Headers) -> Event:
    """The event in a Kafka record.

    Raises UnknownEventType for a type this code does not know, InvalidEvent for anything that is no event.
    """
    attributes = _of_envelope("headers", lambda: header_texts(headers))
    for name in REQUIRED:
        if name not in attributes:
            raise InvalidEvent(f"no CloudEvents envelope: {name} missing", name)
    event_type, source = attributes["ce_type"], attributes["ce_source"]
    event_id = _of_envelope("ce_id", lambda: str(UUID(attributes["ce_id"])))
    time = _of_envelope("ce_time", lambda: _time(attributes["ce_time"]))
    sequence = _of_envelope("ce_sequence", lambda: int(attributes["ce_sequence"]))
    subject = _of_envelope("key", lambda: key.decode() if key is not None else "")
    if not 1 <= sequence <= LARGEST_SEQUENCE or not subject or value is None:
        raise InvalidEvent("the envelope lacks a positive sequence, a key or a value")
    model = topic.events.get(event_type)
    if model is None:
        raise UnknownEventType(event_type, subject, sequence, time)
    try:
        data = model.model_validate_json(value)
    except ValidationError as error:
        raise _does_not_fit(event_type, faults_of(error)) from error
    event = Event(
        id=event_id,
        source=source,
        topic=topic,
        key=subject,
        sequence=sequence,
        time=time,
        data=data,
        correlation_id=attributes.get("ce_correlationid", event_id),
        causation_id=attributes.get("ce_causationid"),
        traceparent=attributes.get("ce_traceparent"),
    )
    replay_for = attributes.get(REPLAY_HEADER)
    return replace(event, replay_for=replay_for) if replay_for else event
