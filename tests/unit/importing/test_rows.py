"""Rows are read one by one with the line where they begin; a faulty one takes no other with it."""

import gzip
from pathlib import Path

import pytest
from tawasul.importing.refusal import CannotImport
from tawasul.importing.rows import Damaged, Row

from tests.unit.importing.builders import a_csv, numbered, rows_of


def plain(rows: list[Row]) -> list[tuple[int, list[str], str]]:
    """Line, fields, and the kind of fault."""
    return [(row.line, row.fields, (row.fault or "").partition(":")[0]) for row in rows]


def test_rows_have_numbers_and_lines(tmp_path: Path) -> None:
    rows = rows_of(a_csv(tmp_path, "1,a", "", '2,"b\nb"', "3,c"), tmp_path)
    assert plain(rows) == [(2, ["1", "a"], ""), (4, ["2", "b\nb"], ""), (6, ["3", "c"], "")]
    assert [row.number for row in rows] == [1, 2, 3]


@pytest.mark.parametrize(("encoding", "name"), [("utf-8-sig", "r.csv"), ("utf-8", "r.csv.gz"), ("utf-8-sig", "r.gz")])
def test_a_byte_order_mark_and_compression_are_seen_through(tmp_path: Path, encoding: str, name: str) -> None:
    rows = rows_of(a_csv(tmp_path, "1,الإنارة", encoding=encoding, name=name), tmp_path)
    assert plain(rows) == [(2, ["1", "الإنارة"], "")]


def test_another_encoding_and_delimiter_come_from_the_mapping(tmp_path: Path) -> None:
    file = a_csv(tmp_path, "1;الإنارة", header="id;words", encoding="windows-1256")
    rows = rows_of(file, tmp_path, file={"encoding": "windows-1256", "delimiter": ";"})
    assert plain(rows) == [(2, ["1", "الإنارة"], "")]


def test_a_wrong_number_of_columns_is_a_fault(tmp_path: Path) -> None:
    rows = rows_of(a_csv(tmp_path, "1", "2,b", "3,c,d"), tmp_path)
    assert plain(rows) == [
        (2, ["1"], "wrong number of columns"),
        (3, ["2", "b"], ""),
        (4, ["3", "c", "d"], "wrong number of columns"),
    ]


@pytest.mark.parametrize(
    "stray",
    ['1,"a', '1,"a"b', '"1,a'],
    ids=["a quote that never closes", "a quote inside", "a quote around two columns"],
)
def test_a_stray_quote_costs_its_own_row_alone(tmp_path: Path, stray: str) -> None:
    rows = rows_of(a_csv(tmp_path, stray, "2,b", '3,"c, c"', "4,d"), tmp_path)
    assert [row.fields for row in rows if not row.fault] == [["2", "b"], ["3", "c, c"], ["4", "d"]]
    (bad,) = [row for row in rows if row.fault]
    assert (bad.line, bad.fields) == (2, [stray])


def test_a_stray_quote_before_thousands_of_rows_costs_its_own_row_alone(tmp_path: Path) -> None:
    rows = rows_of(a_csv(tmp_path, '0,"oh', *numbered(9_000)), tmp_path)
    assert [row.line for row in rows] == list(range(2, 9_003))
    assert [row.line for row in rows if row.fault] == [2]


def test_bytes_that_are_no_text_are_a_fault_and_kept(tmp_path: Path) -> None:
    file = a_csv(tmp_path, "1,a", "2,b")
    file.write_bytes(file.read_bytes().replace(b"1,a", b"1,\xff\xe9"))
    bad, good = rows_of(file, tmp_path)
    assert (bad.fault or "").startswith("not of the encoding")
    assert bad.fields[1].encode(errors="surrogateescape") == b"\xff\xe9"
    assert good.fault is None


def test_a_damaged_archive_is_told_after_the_rows_before(tmp_path: Path) -> None:
    file = tmp_path / "requests.csv.gz"
    content = "\n".join(["id,words", *numbered(50_000)]).encode()
    file.write_bytes(gzip.compress(content)[:-2_000])
    with pytest.raises(Damaged, match=r"cannot be read beyond line \d{4,}"):
        rows_of(file, tmp_path)


@pytest.mark.parametrize(
    ("header", "told"),
    [("", "has no header"), ("id,text", "one column “words”"), ("id,words,id", "one column “id”")],
)
def test_a_file_without_the_mapped_columns_is_refused(tmp_path: Path, header: str, told: str) -> None:
    file = a_csv(tmp_path, header=header)
    if not header:
        file.write_bytes(b"")
    with pytest.raises(CannotImport, match=told):
        rows_of(file, tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="cannot be read: No such file"):
        rows_of(tmp_path / "none.csv", tmp_path)
