"""An item of the directory as a form: one field for each column of its CSV file, written the same way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router.desk.view import Reader
from router.directory.model import Category, Country, Item
from router.directory_admin.words import ENTITY_KINDS, FIELDS, HINTS, PUBLICITY, ROLES, WAYS, YES_OR_NO
from router.directory_files.cells import Column, NotReadable, unguarded
from router.directory_files.csv_file import COLUMNS
from router.directory_files.reading import Unreadable, items_of_list
from router.http.names import Group
from router.http.words import LANGUAGES, PRIORITIES

LONG = {
    *("words.ar", "words.en", "description.ar", "description.en", "questions", "polygon", "polygons"),
    *("entity_by_area", "text.ar", "text.en", "when.words", "when.categories", "address.ar", "address.en"),
}
LEFT_TO_RIGHT = {
    *("id", "email", "areas", "entity_by_area", "questions", "polygon", "blocks", "then", "lat", "lon", "kinds"),
    *("polygons", "phone", "website", "other_roles", "deputies", "absences", "skills"),
    *("calendar", "elsewhere.phone", "when.kinds", "when.categories", "when.areas", "when.channels"),
    "when.times",
}


@dataclass(frozen=True)
class Field:
    """`name`: of the form's field. `choices` where one of a few is wanted."""

    name: str
    title: str
    value: str
    hint: str = ""
    error: str = ""
    is_long: bool = False
    direction: str = ""
    choices: list[Group] | None = None


class NotRight(Exception):
    """Faults of a form by its fields, in the reader's language."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("a form that is not right yet")
        self.faults = dict(faults)


def field_name(column: Column) -> str:
    return column.path.replace(".", "-")


def typed(item: Item, name: str) -> dict[str, str]:
    """The form's values for an item that is there."""
    document = item.model_dump(mode="json", exclude_defaults=True)
    return {field_name(column): unguarded(column.cell(document)) for column in COLUMNS[name]}


def fields(
    name: str, values: Mapping[str, str], faults: Mapping[str, str], country: Country, reader: Reader, is_new: bool
) -> list[Field]:
    """In the order of the columns; the short name only of what is new."""
    words = reader.words.ugettext
    return [
        Field(
            field_name(column),
            words(FIELDS[column.path]),
            values.get(field_name(column), ""),
            words(HINTS[column.path]) if column.path in HINTS else "",
            faults.get(field_name(column), ""),
            column.path in LONG,
            "ltr" if column.path in LEFT_TO_RIGHT else "",
            _with(values.get(field_name(column), ""), _choices(name, column.path, country, reader)),
        )
        for column in COLUMNS[name]
        if is_new or column.path != "id"
    ]


def document_of(name: str, values: Mapping[str, str], reader: Reader) -> dict[str, Any]:
    """Read a form as the document of an item. Raises NotRight."""
    document: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for column in COLUMNS[name]:
        cell = values.get(field_name(column), "")
        if not cell:
            continue
        try:
            column.put(document, column.read(cell))
        except NotReadable as error:
            faults[field_name(column)] = error.ar if reader.lang == "ar" else error.en
    if faults:
        raise NotRight(faults)
    try:
        items_of_list(name, [document], {})
    except Unreadable as unreadable:
        raise NotRight(
            {
                _field_of(name, fault.field.removeprefix("[0]").removeprefix(".")): fault.code
                for fault in unreadable.faults
            }
        ) from unreadable
    return document


def _field_of(name: str, path: str) -> str:
    """The form's field that holds what is at this path, or the first of those around it. Only the outline of an area
    is a matter of several fields."""
    if name == "areas" and not path:
        return "polygon"
    for column in COLUMNS[name]:
        if path == column.path or path.startswith((f"{column.path}.", f"{column.path}[")):
            return field_name(column)
    around = next((column for column in COLUMNS[name] if column.path.startswith(path)), COLUMNS[name][0])
    return field_name(around)


def _choices(name: str, path: str, country: Country, reader: Reader) -> list[Group] | None:
    words = reader.words.ugettext
    match name, path:
        case "entities", "kind":
            return [(None, [(key, words(said)) for key, said in ENTITY_KINDS.items()])]
        case "entities", "assigning":
            return [(None, [(key, words(said)) for key, said in WAYS.items()])]
        case ("entities", "answers_need_approval") | ("categories", "needs_evidence"):
            return [(None, [(key, words(said)) for key, said in YES_OR_NO.items()])]
        case _, "role":
            return [(None, [(key, words(said)) for key, said in ROLES.items()])]
        case _, "language":
            return [(None, [(key, words(said)) for key, said in LANGUAGES.items()])]
        case _, "priority":
            return [(None, [(key, words(said)) for key, said in PRIORITIES.items()])]
        case "categories", "publication":
            return [(None, [(key, words(said)) for key, said in PUBLICITY.items()])]
        case "entities", "head":
            return [(None, _named(country.officials, reader))]
        case "entities", "parent":
            return [(None, _named(country.entities, reader))]
        case _, "entity":
            return [(None, _named(country.entities, reader))]
        case "categories", "parent":
            return [(None, _named([each for each in country.categories if _may_be_heading(each)], reader))]
        case _, "category":
            return [(None, _named(country.categories, reader))]
    return None


def _with(value: str, choices: list[Group] | None) -> list[Group] | None:
    """Offer the present value too, even where nothing has this name any more."""
    if choices is None or not value or any(value == key for _, group in choices for key, _ in group):
        return choices
    return [*choices, (None, [(value, value)])]


def _may_be_heading(category: Category) -> bool:
    return not (category.entity or category.entity_by_area or category.elsewhere)


def _named(items: Any, reader: Reader) -> list[tuple[str, str]]:
    found = [(item.id, item.name.ar if reader.lang == "ar" else item.name.en) for item in items]
    return sorted(found, key=lambda each: each[1])
