"""Rows of open data: what stands in them, what a spreadsheet must not run, and which ones are asked for."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from intake.public_register.model import CLOSED, Record
from intake.public_register.open_data_api import (
    AT_ONCE,
    COLUMNS,
    FORMATS,
    MORE_COLUMNS,
    Exports,
    batches,
    cell,
    export_query,
    row,
)
from intake.public_register.store import RegisterQuery
from intake.submissions.life import Status
from shared.http.problems import Problem
from shared.reference.directory import Directory

from tests.support.catalogue import LAMP, a_catalogue

NOON = datetime(2026, 11, 24, 9, 0, 0, 123_456, tzinfo=UTC)
BAHRAIN = ZoneInfo("Asia/Bahrain")


@pytest.fixture(scope="module")
def directory() -> Directory:
    known = Directory()
    for _, event in a_catalogue():
        known.apply(event)
    return known


def a_record(*moves: tuple[str, str], **changed: Any) -> Record:
    """One that moved once a minute."""
    known: dict[str, Any] = {
        "reference": "7K3MX-QPA42",
        "kind": "complaint",
        "channel": "web",
        "status": moves[-1][1] if moves else "received",
        "received_at": NOON,
        "category": LAMP,
        "entity": "works",
        "moves": [
            {"at": NOON + timedelta(minutes=minute), "from_status": before, "to_status": after}
            for minute, (before, after) in enumerate(moves, start=1)
        ],
    }
    return Record.model_validate(known | changed)


ANSWERED = (("received", "assigned"), ("assigned", "answered"))


def test_what_is_closed_was_closed_when_it_was_answered() -> None:
    record = a_record(*ANSWERED, ("answered", "closed"))
    assert (record.is_open, record.closed_at, record.updated_at) == (
        False,
        NOON + timedelta(minutes=2),
        record.closed_at,
    )
    again = a_record(*ANSWERED, ("answered", "reopened"))
    assert (again.is_open, again.closed_at, again.updated_at) == (True, None, NOON + timedelta(minutes=3))
    new = a_record()
    assert (new.is_open, new.closed_at, new.updated_at) == (True, None, NOON)


def test_every_status_is_open_or_closed() -> None:
    closed = {status for status in Status if not a_record(status=status).is_open}
    assert closed == CLOSED
    assert {Status.ANSWERED, Status.MERGED, Status.IMPLEMENTED} <= closed
    assert not {Status.REOPENED, Status.APPEALED, Status.ACCEPTED, Status.AWAITING_CITIZEN} & closed


def test_a_row_has_the_columns_of_bulk_in_their_order(directory: Directory) -> None:
    told = row(a_record(*ANSWERED, lat=26.22351, lon=50.58762, block="428"), directory, "en")
    assert tuple(told) == (*COLUMNS, *MORE_COLUMNS)
    assert told["requested_datetime"] == "2026-11-24T09:00:00Z"
    assert (told["lat"], told["long"], told["address"]) == (26.22, 50.59, "Block 428")
    assert (told["service_code"], told["description"]) == ("roads_lighting", "Street lighting")
    assert (told["status_description"], told["agency_responsible"]) == ("answered", "Ministry of Works")


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "'=1", '"=1', "|calc", "%1"]
)
def test_what_a_spreadsheet_would_run_is_told_to_be_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["A lamp", "مصباح", "", "1-2", None, -26.2, 7])
def test_all_else_stays_as_it_is(value: Any) -> None:
    assert cell(value) == value


async def _written(format: str, records: list[Record], directory: Directory, mark: str = "") -> bytes:
    async def all_of_them() -> AsyncIterator[list[dict[str, Any]]]:
        for record in records:
            yield [row(record, directory, "en")]
        yield []

    return b"".join([part async for part in FORMATS[format].write(all_of_them(), mark)])


HOSTILE = 'a "quote", a\nline, <b> =1 \u202e'


async def test_every_format_holds_the_same_rows_and_survives_hostile_text(directory: Directory) -> None:
    records = [
        a_record(text=HOSTILE, is_published=True, lat=-26.2, lon=50.5),
        a_record(text="=1+1", is_published=True, category=None, entity=None),
    ]
    table = list(csv.reader(io.StringIO((await _written("csv", records, directory)).decode(), newline="")))
    assert tuple(table[0]) == (*COLUMNS, *MORE_COLUMNS)
    assert [line[9] for line in table[1:]] == [HOSTILE, "'=1+1"]
    assert (table[1][12], table[2][12]) == ("-26.2", "")
    lines = (await _written("jsonl", records, directory)).splitlines()
    assert [json.loads(line)["description"] for line in lines] == [HOSTILE, "=1+1"]
    collection = json.loads(await _written("geojson", records, directory))
    assert collection["type"] == "FeatureCollection"
    assert [feature["geometry"] for feature in collection["features"]] == [
        {"type": "Point", "coordinates": [50.5, -26.2]},
        None,
    ]


async def test_what_is_empty_is_whole_all_the_same(directory: Directory) -> None:
    assert json.loads(await _written("geojson", [], directory)) == {"type": "FeatureCollection", "features": []}
    assert await _written("jsonl", [], directory) == b""
    assert (await _written("csv", [], directory, "\ufeff")).decode("utf-8-sig").startswith("service_request_id,")


def test_a_day_is_one_of_this_country(directory: Directory) -> None:
    wanted = export_query({"from": "2026-11-24", "to": "2026-11-24"}, directory, BAHRAIN)
    assert wanted.start == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert wanted.end == datetime(2026, 11, 24, 20, 59, 59, 999_999, tzinfo=UTC)
    exact = export_query({"from": "2026-11-24T09:00:00 03:00"}, directory, BAHRAIN)
    assert exact.start == datetime(2026, 11, 24, 6, tzinfo=UTC)


def test_a_category_is_found_by_id_or_code_and_a_group_has_all_below_it(directory: Directory) -> None:
    for name in (LAMP, "roads_lighting"):
        assert export_query({"category": name}, directory, BAHRAIN).categories == [LAMP]
    below = export_query({"category": "roads"}, directory, BAHRAIN).categories
    assert below is not None
    assert LAMP in below
    assert export_query({"category": "", "entity": " "}, directory, BAHRAIN).categories is None


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-02-30"},
        {"from": "2026-11-24T09:00:00"},
        {"to": "0001-01-01"},
        {"to": "9999-12-31T23:59:59-14:00"},
        {"category": "none"},
        {"entity": "none"},
        {"status": "half"},
        {"from": "2026-11-24\x00"},
    ],
)
def test_what_cannot_be_understood_is_refused(query: dict[str, str], directory: Directory) -> None:
    with pytest.raises(Problem) as refused:
        export_query(query, directory, BAHRAIN)
    assert refused.value.status == 422
    assert refused.value.errors[0]["field"] in query


async def test_no_more_is_read_than_is_taken(directory: Directory) -> None:
    """However much there is, a slow reader keeps a few hundred rows in memory."""
    read = 0

    class Endless:
        async def all(self, wanted: RegisterQuery) -> AsyncIterator[Record]:
            nonlocal read
            while True:
                read += 1
                yield a_record()

    register: Any = Endless()
    rows = batches(register, RegisterQuery(NOON, NOON), directory, "en")
    parts = FORMATS["csv"].write(rows, "")
    for _ in range(4):
        assert await anext(parts)
    assert read == 3 * AT_ONCE


def test_only_so_many_exports_are_written_at_the_same_time() -> None:
    exports = Exports(1)
    exports.begin()
    with pytest.raises(Problem) as refused:
        exports.begin()
    assert refused.value.status == 503
    exports.end()
    exports.begin()
