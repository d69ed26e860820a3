"""`/open-data/…`: exports of all submissions in three formats, with the columns of GeoReport Bulk.

Rows are streamed from the database, so an export of the whole country needs as much memory as one of a day. A process
serves few exports at the same time.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Request
from shared.http.problems import Problem, busy, not_found
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.web.language import language_of
from starlette.datastructures import QueryParams
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from intake.open311.catalogue import code_of, entity_name, name_of
from intake.open311.records import address, moment, public_record
from intake.open311.status_notes import status_note
from intake.public_register.model import CLOSED, OPEN, Record
from intake.public_register.store import Register, RegisterQuery

router = APIRouter(include_in_schema=False)

PATH = "/open-data/submissions"
AT_ONCE = 200
MOST_AT_THE_SAME_TIME = 4
CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language, Cookie", "Access-Control-Allow-Origin": "*"}
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

COLUMNS = (
    *("service_request_id", "requested_datetime", "updated_datetime", "closed_date", "status_description"),
    *("status_notes", "source", "service_name", "service_subtype", "description", "agency_responsible"),
    *("address", "lat", "long"),
)
"""GeoReport Bulk's columns, in its order."""

MORE_COLUMNS = ("service_code", "agency_id", "expected_datetime")

FORMULA = re.compile(r"[\s'\"]*[=+\-@|%]")
"""First characters by which a spreadsheet recognises a formula and runs it."""


class Exports:
    """Limits the exports that run at the same time."""

    def __init__(self, most: int = MOST_AT_THE_SAME_TIME) -> None:
        self._left = most

    def begin(self) -> None:
        """Raises Problem 503."""
        if self._left == 0:
            raise busy(10)
        self._left -= 1

    def end(self) -> None:
        self._left += 1


class Export(StreamingResponse):
    """Frees the slot of an export when it ends, also when its reader disconnects."""

    def __init__(self, content: AsyncIterator[bytes], exports: Exports, media_type: str, name: str) -> None:
        headers = {**CACHED, "Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(content, 200, headers, media_type)
        self._exports = exports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._exports.end()


Row = dict[str, Any]
Write = Callable[[AsyncIterator[list[Row]], str], AsyncIterator[bytes]]


@router.get(PATH + ".{ending}")
async def export(request: Request, ending: str) -> Export:
    """Open to everybody. Filters: `from`, `to`, `category`, `entity`, `status`."""
    format = FORMATS.get(ending)
    if format is None:
        raise not_found()
    state = request.app.state
    wanted = export_query(request.query_params, state.directory, ZoneInfo(state.service.settings.zone))
    lang = language_of(request)
    exports: Exports = state.exports
    exports.begin()
    try:
        rows = batches(state.register, wanted, state.directory, lang)
        first: list[Row] = await anext(rows, [])  # an error before the first row is still answered as a problem
    except BaseException:
        exports.end()
        raise
    mark = "\ufeff" if request.query_params.get("bom") == "yes" else ""
    name = f"submissions-{utc_now():%Y-%m-%d}.{ending}"
    return Export(format.write(_from_first(first, rows), mark), exports, format.media_type, name)


async def batches(
    register: Register, wanted: RegisterQuery, directory: Directory, lang: str
) -> AsyncIterator[list[Row]]:
    some: list[Row] = []
    async for record in register.all(wanted):
        some.append(row(record, directory, lang))
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some


async def _from_first(first: list[Row], others: Any) -> AsyncIterator[list[Row]]:
    async with aclosing(others):
        yield first
        async for some in others:
            yield some


def row(record: Record, directory: Directory, lang: str) -> Row:
    record = public_record(record, directory)
    name = name_of(directory, record.category, lang)
    lat, long = record.place or (None, None)
    return {
        "service_request_id": record.reference,
        "requested_datetime": moment(record.received_at),
        "updated_datetime": moment(record.updated_at),
        "closed_date": moment(record.closed_at),
        "status_description": str(record.status),
        "status_notes": status_note(record.status, lang),
        "source": record.channel,
        "service_name": name,
        "service_subtype": record.kind,
        "description": record.text or name,
        "agency_responsible": entity_name(directory, record.entity, lang),
        "address": address(record, lang),
        "lat": lat,
        "long": long,
        "service_code": code_of(record.category),
        "agency_id": record.entity,
        "expected_datetime": moment(record.due_at),
    }


def cell(value: Any) -> Any:
    """Leaves numbers as they are, and marks a text that a spreadsheet would run as a text."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


async def _csv(parts: AsyncIterator[list[Row]], mark: str) -> AsyncIterator[bytes]:
    yield mark.encode() + _lines([(*COLUMNS, *MORE_COLUMNS)])
    async for rows in parts:
        yield _lines([cell(value) for value in row.values()] for row in rows)


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


async def _json_lines(parts: AsyncIterator[list[Row]], _: str) -> AsyncIterator[bytes]:
    async for rows in parts:
        yield b"".join(orjson.dumps(row) + b"\n" for row in rows)


async def _geojson(parts: AsyncIterator[list[Row]], _: str) -> AsyncIterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    before = b""
    async for rows in parts:
        if rows:
            yield before + b",".join(orjson.dumps(_feature(row)) for row in rows)
            before = b","
    yield b"]}"


def _feature(row: Row) -> Row:
    properties = {name: value for name, value in row.items() if name not in ("lat", "long")}
    point = None if row["lat"] is None else {"type": "Point", "coordinates": [row["long"], row["lat"]]}
    return {"type": "Feature", "id": row["service_request_id"], "geometry": point, "properties": properties}


@dataclass(frozen=True)
class Format:
    media_type: str
    write: Write


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", _csv),
    "geojson": Format("application/geo+json", _geojson),
    "jsonl": Format("application/x-ndjson", _json_lines),
}


def export_query(query: QueryParams | Mapping[str, str], directory: Directory, zone: ZoneInfo) -> RegisterQuery:
    """Raises Problem 422 for an invalid filter, as ignoring it would export other data than asked for."""
    start = _moment(query, "from", zone, time.min) or BEGINNING
    end = _moment(query, "to", zone, time.max) or utc_now() + timedelta(days=1)
    category, entity, status = (query.get(name, "").strip() or None for name in ("category", "entity", "status"))
    if entity is not None and entity not in directory.entities:
        raise _wrong("entity", "There is no such entity.", "لا توجد جهة بهذا الاسم.")
    if status not in (None, "open", "closed"):
        raise _wrong("status", "status is open or closed.", "الحالة status هي open أو closed.")
    statuses = {None: None, "open": OPEN, "closed": CLOSED}[status]
    return RegisterQuery(start, end, _categories(category, directory), statuses, entity)


def _categories(category: str | None, directory: Directory) -> list[str] | None:
    """A category, or all of a group, by id or Open311 code."""
    if category is None:
        return None
    chosen = {id for id in directory.categories if category in (id, code_of(id))}
    if not chosen:
        raise _wrong("category", "There is no such category.", "لا توجد فئة بهذا الاسم.")
    below: Iterator[str] = (id for id, each in directory.categories.items() if each.parent in chosen)
    return sorted(chain(chosen, below))


def _moment(query: QueryParams | Mapping[str, str], name: str, zone: ZoneInfo, of_day: time) -> datetime | None:
    """A day in the country's time zone, or a moment with its own time zone."""
    text = query.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text[:40])
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            read = datetime.combine(read.date(), of_day, zone)
        if read.tzinfo is None or not 1970 <= read.year <= 9000:
            raise ValueError(name)
        return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(
            name,
            f"{name} must be a day like 2026-01-31, or a moment with its time zone.",
            f"{name} يجب أن يكون يومًا مثل 2026-01-31، أو وقتًا بمنطقته الزمنية.",
        ) from error


def _wrong(field: str, en: str, ar: str) -> Problem:
    return Problem(422, "invalid", en, ar, [{"field": field, "message": en, "message_ar": ar}])
