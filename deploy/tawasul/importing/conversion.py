"""A row becomes a request to file a submission, as the mapping says."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import orjson
from shared.events.model import Channel, Kind

from tawasul.importing.mapping import (
    LANGUAGES,
    ContactSources,
    ImportMapping,
    LocationSources,
    Source,
    TextSource,
    TimeColumn,
    Unmapped,
)
from tawasul.importing.rows import Row

IMPORTS = UUID("5b3c7a0e-3a54-5c0f-9f0b-64a1d2c7e8f1")
"""Namespace of the mappings; each mapping's UUID is the namespace of its rows' keys."""

LONGEST_TEXT = 4_000
CUT = " […]"

Document = dict[str, object]


class BadRow(Exception):
    """The row cannot be filed; the message is `kind of fault: particulars`."""


@dataclass(frozen=True, slots=True)
class Request:
    """`key` is the Idempotency-Key, `body` the JSON: the same row gives the same bytes, always."""

    row: Row
    key: UUID
    body: bytes
    at: datetime | None = None


class Conversion:
    def __init__(self, mapping: ImportMapping, columns: Sequence[str]) -> None:
        self._mapping = mapping
        self._columns = columns
        self._namespace = uuid5(IMPORTS, mapping.id)
        self._kinds = frozenset(Kind)
        self._time = _reader_of_times(mapping.time) if mapping.time else None

    def request(self, row: Row) -> Request:
        """Raises BadRow."""
        if row.fault:
            raise BadRow(row.fault)
        values = dict(zip(self._columns, row.fields, strict=True))
        key = [values[column].strip() for column in self._mapping.key]
        if not all(key):
            raise BadRow(f"no key: nothing in {', '.join(self._mapping.key)}")
        body = orjson.dumps(self._submission(values))
        identity = uuid5(self._namespace, orjson.dumps(key).decode())
        return Request(row, identity, body, self._at(values))

    def _submission(self, values: Mapping[str, str]) -> Document:
        mapping = self._mapping
        document: Document = {
            "kind": _one_of(self._kinds, "kind", mapping.kind, values),
            "text": _text(mapping.text, values),
            "language": _one_of(LANGUAGES, "language", mapping.language, values),
            "channel": Channel.IMPORT.value,
        }
        parts = {
            "category": _line("category", mapping.category, values),
            "location": _location(mapping.location, values) if mapping.location else None,
            "contact": _contact(mapping.contact, values) if mapping.contact else None,
        }
        return document | {name: part for name, part in parts.items() if part}

    def _at(self, values: Mapping[str, str]) -> datetime | None:
        if self._time is None or self._mapping.time is None:
            return None
        try:
            return self._time(values[self._mapping.time.column].strip())
        except ValueError:
            return None  # the time only paces; a row without one goes with the row before it


def _reader_of_times(time: TimeColumn) -> Callable[[str], datetime]:
    zone, form = ZoneInfo(time.zone), time.format

    def _read(text: str) -> datetime:
        moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)

    return _read


def _line(name: str, source: Source | None, values: Mapping[str, str]) -> str:
    """The value on one line; empty without a source."""
    if source is None:
        return ""
    try:
        return " ".join(source.of(values).split())
    except Unmapped as value:
        raise BadRow(f"{name} not in the map: “{value}”") from value


def _one_of(known: Sequence[str] | frozenset[str], name: str, source: Source, values: Mapping[str, str]) -> str:
    word = _line(name, source, values)
    if word not in known:
        raise BadRow(f"unknown {name}: “{word}”")
    return word


def _text(source: TextSource, values: Mapping[str, str]) -> str:
    try:
        text = source.of(values, joined_by="\n").strip()
    except Unmapped as value:
        raise BadRow(f"text not in the map: “{value}”") from value
    if not text:
        raise BadRow("no text")
    if len(text) <= LONGEST_TEXT:
        return text
    if source.too_long == "reject":
        raise BadRow(f"text too long: {len(text)} characters, {LONGEST_TEXT} can be filed")
    return text[: LONGEST_TEXT - len(CUT)] + CUT


def _location(sources: LocationSources, values: Mapping[str, str]) -> Document | None:
    lat = _degrees("latitude", sources.lat, values, 90)
    lon = _degrees("longitude", sources.lon, values, 180)
    if (lat is None) != (lon is None):
        raise BadRow("half a coordinate: latitude and longitude come together")
    parts: Document = {} if lat is None else {"lat": lat, "lon": lon}
    for name in ("block", "address"):
        if text := _line(name, getattr(sources, name), values):
            parts[name] = text
    return parts or None


def _degrees(name: str, source: Source | None, values: Mapping[str, str], most: float) -> float | None:
    text = _line(name, source, values)
    if not text:
        return None
    try:
        degrees = float(text)
    except ValueError:
        degrees = math.nan
    if math.isnan(degrees):
        raise BadRow(f"{name} is no number: “{text}”")
    if abs(degrees) > most:
        raise BadRow(f"{name} out of range: {text}")
    return degrees


def _contact(sources: ContactSources, values: Mapping[str, str]) -> Document | None:
    """None where nobody could be reached: a name alone is not kept."""
    parts = {name: _line(name, getattr(sources, name), values) for name in ("name", "email", "phone")}
    if not (parts["email"] or parts["phone"]):
        return None
    return {name: part for name, part in parts.items() if part}
