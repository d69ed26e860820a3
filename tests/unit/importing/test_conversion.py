"""A row becomes a submission as the mapping says, or is bad for a reason that can be told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake.http.models import SubmissionSent
from tawasul.importing.conversion import LONGEST_TEXT, BadRow, Conversion, Request
from tawasul.importing.mapping import ImportMapping
from tawasul.importing.repeats import Earlier, Repeats
from tawasul.importing.rows import Row

from tests.unit.importing.builders import mapping_document, mapping_of, submission_of

PLACE = {"lat": "{y}", "lon": "{x}", "block": "{block}", "address": "{street}"}
SOMEWHERE = {"id": "7", "words": "no light", "y": "26.2", "x": "50.5", "block": "428", "street": "Road  2825 "}
CONTACT = {"name": "{name}", "email": "{mail}", "phone": "{phone}"}


def test_a_whole_submission(tmp_path: Path) -> None:
    person = {"name": "Maryam", "mail": "maryam@citizens.example", "phone": "", "type": "Lamp"}
    category = {"value": "{type}", "map": {"Lamp": "roads.lighting"}}
    sent = submission_of(tmp_path, SOMEWHERE | person, location=PLACE, contact=CONTACT, category=category)
    assert sent == {
        "kind": "complaint",
        "text": "no light",
        "language": "en",
        "channel": "import",
        "category": "roads.lighting",
        "location": {"lat": 26.2, "lon": 50.5, "block": "428", "address": "Road 2825"},
        "contact": {"name": "Maryam", "email": "maryam@citizens.example"},
    }
    SubmissionSent.model_validate(sent)


def test_what_a_row_does_not_have_is_left_out(tmp_path: Path) -> None:
    nothing = {"y": "", "x": "", "block": "", "street": " ", "name": "Maryam", "mail": "", "phone": "", "type": "?"}
    category = {"value": "{type}", "map": {}, "otherwise": ""}
    values = SOMEWHERE | nothing
    sent = submission_of(tmp_path, values, location=PLACE, contact=CONTACT, category=category)
    assert set(sent) == {"kind", "text", "language", "channel"}


@pytest.mark.parametrize(
    ("values", "changed", "reason"),
    [
        ({"words": " "}, {}, "no text"),
        ({"id": ""}, {}, "no key: nothing in id"),
        ({"words": "x" * 4_001}, {}, "text too long: 4001 characters, 4000 can be filed"),
        ({"y": "north"}, {}, "latitude is no number: “north”"),
        ({"y": "nan"}, {}, "latitude is no number: “nan”"),
        ({"y": "inf"}, {}, "latitude out of range: inf"),
        ({"x": "180.01"}, {}, "longitude out of range: 180.01"),
        ({"x": ""}, {}, "half a coordinate: latitude and longitude come together"),
        ({}, {"kind": "{street}"}, "unknown kind: “Road 2825”"),
        ({}, {"language": "{block}"}, "unknown language: “428”"),
        ({}, {"category": {"value": "{block}", "map": {"1": "a"}}}, "category not in the map: “428”"),
        ({}, {"text": {"value": "{block}", "map": {"1": "a"}}}, "text not in the map: “428”"),
    ],
)
def test_a_bad_row_tells_why(tmp_path: Path, values: dict[str, str], changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRow) as bad:
        submission_of(tmp_path, SOMEWHERE | values, **{"location": PLACE} | changed)
    assert str(bad.value) == reason


def test_a_text_is_cut_visibly_where_the_mapping_says_so(tmp_path: Path) -> None:
    sent = submission_of(tmp_path, {"id": "1", "words": "ك" * 5_000}, text={"value": "{words}", "too_long": "cut"})
    assert sent["text"] == "ك" * (LONGEST_TEXT - 4) + " […]"


def request_of(folder: Path, *fields: str, columns: tuple[str, ...] = ("id", "words"), **changed: Any) -> Request:
    return Conversion(mapping_of(folder, **changed), columns).request(Row(1, 2, list(fields)))


def test_the_key_is_that_of_the_mapping_and_the_rows_key_columns(tmp_path: Path) -> None:
    first = request_of(tmp_path, "1", "a")
    assert first.key.version == 5
    assert request_of(tmp_path, " 1 ", "b").key == first.key
    assert request_of(tmp_path, "2", "a").key != first.key
    assert request_of(tmp_path, "1", "a", id="others").key != first.key


def test_the_parts_of_a_key_keep_their_borders(tmp_path: Path) -> None:
    columns = ("id", "part", "words")
    one = request_of(tmp_path, "1", "23", "a", columns=columns, key=["id", "part"])
    other = request_of(tmp_path, "12", "3", "a", columns=columns, key=["id", "part"])
    assert one.key != other.key


@pytest.mark.parametrize(
    ("written", "form", "meant"),
    [
        ("2011-07-01 01:32:33", None, datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)),
        ("2011-12-01T01:32:33+03:00", None, datetime(2011, 11, 30, 22, 32, 33, tzinfo=UTC)),
        ("07/01/2011 1:32 AM", "%m/%d/%Y %I:%M %p", datetime(2011, 7, 1, 5, 32, tzinfo=UTC)),
        ("some day", None, None),
    ],
)
def test_the_time_is_read_in_its_zone(tmp_path: Path, written: str, form: str | None, meant: datetime | None) -> None:
    time = {"column": "opened", "zone": "America/New_York"} | ({"format": form} if form else {})
    assert request_of(tmp_path, "1", "a", written, columns=("id", "words", "opened"), time=time).at == meant


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_a_request_or_a_reason_and_the_same_one_again(key: str, words: str) -> None:
    conversion = Conversion(ImportMapping.model_validate(mapping_document()), ["id", "words"])
    row = Row(1, 2, [key, words])
    if key.strip() and words.strip():
        first, second = conversion.request(row), conversion.request(row)
        assert (first.key, first.body) == (second.key, second.body)
    else:
        with pytest.raises(BadRow):
            conversion.request(row)


def test_repetitions_name_the_line_that_had_the_key_first(tmp_path: Path) -> None:
    conversion, repeats = Conversion(mapping_of(tmp_path), ["id", "words"]), Repeats()
    seen = [
        repeats.note(conversion.request(Row(number, number + 1, fields)))
        for number, fields in enumerate((["1", "a"], ["2", "a"], ["1", "a"], ["1", "b"]), 1)
    ]
    assert seen == [None, None, Earlier(line=2, is_same=True), Earlier(line=2, is_same=False)]
