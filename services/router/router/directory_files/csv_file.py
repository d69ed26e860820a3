"""One list of a directory as CSV, for those who keep it in a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from shared.web.sheets import MARK

from router.directory.model import Country, Item, items_in
from router.directory_files.cells import (
    Column,
    NotReadable,
    flag,
    ids,
    nested,
    number,
    one_of,
    pairs,
    periods,
    ranges,
    text,
    words,
)
from router.directory_files.reading import Lines, Path, items_of_list, malformed

NAME = (text("name.ar"), text("name.en"))
COLUMNS: dict[str, tuple[Column, ...]] = {
    "entities": (
        text("id"),
        *NAME,
        text("kind"),
        text("email"),
        text("calendar"),
        text("parent"),
        ids("areas"),
        *(text("head"), text("phone"), text("website"), text("address.ar"), text("address.en")),
        *(flag("answers_need_approval"), number("interim.most"), number("interim.days"), text("assigning")),
    ),
    "officials": (
        *(text("id"), *NAME, text("entity"), text("role"), ids("other_roles"), text("email"), text("language")),
        *(ids("deputies"), periods("absences"), ids("skills"), ids("areas")),
    ),
    "categories": (
        *(text("id"), text("parent"), *NAME, text("entity"), pairs("entity_by_area"), text("priority"), ids("kinds")),
        *(words("words.ar"), words("words.en"), text("description.ar"), text("description.en"), nested("questions")),
        *(text("elsewhere.name.ar"), text("elsewhere.name.en"), text("elsewhere.phone"), text("publication")),
        flag("needs_evidence"),
    ),
    "areas": (text("id"), *NAME, ranges("blocks"), nested("polygon"), nested("polygons")),
    "places": (
        *(text("id"), *NAME, words("other_names.ar"), words("other_names.en"), number("lat"), number("lon")),
        ranges("blocks"),
    ),
    "rules": (
        *(text("id"), *NAME, ids("when.kinds"), ids("when.categories"), ids("when.areas"), ids("when.channels")),
        *(words("when.times"), words("when.words"), one_of("then", ("catalogue", "triage"))),
    ),
    "templates": (text("id"), *NAME, text("category"), text("text.ar"), text("text.en")),
}
"""Of each list. An empty cell is what is as by default."""

csv.field_size_limit(16 * 2**20)
"""The outline of an area is one cell; the whole file is bounded where it is taken in."""


def write_list(country: Country, name: str) -> str:
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow([column.path for column in COLUMNS[name]])
    for item in items_in(country, name):
        document = item.model_dump(mode="json", exclude_defaults=True)
        writer.writerow([column.cell(document) for column in COLUMNS[name]])
    return MARK + written.getvalue()


def read_list(text: str, name: str) -> tuple[Sequence[Item], Lines]:
    """Raises Unreadable. The columns may stand in any order, those of what is as by default may be absent, and
    between the cells may be a comma or, as some spreadsheets write it, a semicolon."""
    text = text.removeprefix(MARK)
    rows = _rows(text)
    _, header = next(rows, (1, []))
    columns = _columns(header, COLUMNS[name])
    documents: list[dict[str, Any]] = []
    lines: dict[Path, int] = {(): 1}
    for line, cells in rows:
        if not any(cells):
            continue
        if len(cells) != len(columns):
            raise malformed(
                line,
                f"This line has {len(cells)} cells, the first one {len(columns)}.",
                f"في هذا السطر {len(cells)} خلايا وفي السطر الأول {len(columns)}.",
            )
        lines[(len(documents),)] = line
        documents.append(_document(cells, columns, line, f"[{len(documents)}]"))
    return items_of_list(name, documents, lines), lines


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each with the line on which it begins."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise malformed(line, f"This is not CSV: {error}.", f"هذا ليس CSV صالحًا: {error}.") from error
        if cells is None:
            return
        yield line, cells


def _columns(header: Sequence[str], known: Sequence[Column]) -> list[Column]:
    by_path = {column.path: column for column in known}
    found = [name.strip() for name in header]
    for name in found:
        if name not in by_path:
            all_of_them = ", ".join(by_path)
            raise malformed(
                1, f"A column is unknown. There are: {all_of_them}.", f"عمود غير معروف. الأعمدة: {all_of_them}."
            )
        if found.count(name) > 1:
            raise malformed(1, f"The column {name} is there twice.", f"العمود {name} مكرر.")
    if "id" not in found:
        raise malformed(1, "There is no column “id”.", "لا يوجد عمود «id».")
    return [by_path[name] for name in found]


def _document(cells: Sequence[str], columns: Sequence[Column], line: int, field: str) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for cell, column in zip(cells, columns, strict=True):
        if not cell:
            continue
        try:
            value = column.read(cell)
        except NotReadable as error:
            raise malformed(line, error.en, error.ar, f"{field}.{column.path}") from error
        column.put(document, value)
    return document
