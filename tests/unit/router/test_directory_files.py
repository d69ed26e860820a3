"""A directory as files: what is written is read back exactly, what cannot be read is refused whole, with its line."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pydantic import BaseModel
from router.directory.model import MODELS, Country
from router.directory_drafts.checks import faults_of
from router.directory_drafts.exchange import NoSuchFile, read_file, write_file
from router.directory_drafts.model import with_list
from router.directory_files.reading import Unfit, Unreadable
from shared.reference.spelling import DIGIT

from tests.support.router import a_category, a_country, an_area

WHOLE = None
IDS = some.sampled_from(["a", "works", "roads", "1e3", "no", "0", "x_-y"])
HARD = (
    "=1+1",
    "'=1",
    "''@x",
    "-",
    "a|b\\",
    "\\",
    "|",
    " ",
    "no",
    "0301",
    "1e3",
    "~",
    "null",
    "2026-12-01",
    "{",
    "#",
    "\r",
)
TEXTS = some.one_of(some.sampled_from(HARD), some.text(min_size=1, max_size=6))
PATTERNS = {
    r"^[^@\s]+@[^@\s]+$": some.sampled_from(["a@b.example", "=x@y", "'@'"]),
    rf"^\+?[{DIGIT}][{DIGIT} ]{{1,19}}$": some.sampled_from(["999", "+973 1700 0000", "0 0"]),
    r"^(ar|en)$": some.sampled_from(["ar", "en"]),
    r'^https?://[^\s<>"]+$': some.sampled_from(["https://works.example/a?b=c#d", "http://x"]),
}
"""Of what is no identifier."""

ENDS = some.one_of(
    some.sampled_from([{"catalogue": True}, {"triage": True}]),
    some.fixed_dictionaries({"category": IDS}),
    some.fixed_dictionaries({"entity": IDS}),
)
"""Where a rule leads: exactly one of them, which its schema cannot say."""


def documents(model: type[BaseModel]) -> some.SearchStrategy[Any]:
    """Items as their model allows, with texts that files find hard."""
    return _of(model.model_json_schema(), model.model_json_schema())


def _of(schema: dict[str, Any], root: dict[str, Any]) -> some.SearchStrategy[Any]:
    if "$ref" in schema:
        return _of(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return some.one_of(*(_of(each, root) for each in schema["anyOf"]))
    if "const" in schema:
        return some.just(schema["const"])
    if "enum" in schema:
        return some.sampled_from(schema["enum"])
    match schema["type"]:
        case "string":
            return _text(schema)
        case "integer":
            return some.integers(schema["minimum"], schema["maximum"])
        case "number":
            return some.floats(schema.get("minimum", -1e6), schema.get("maximum", 1e6))
        case "boolean":
            return some.booleans()
        case "null":
            return some.none()
        case "array":
            return _array(schema, root)
    return _object(schema, root)


def _text(schema: dict[str, Any]) -> some.SearchStrategy[Any]:
    if schema.get("format") == "date":
        return some.dates()
    pattern = schema.get("pattern")
    return TEXTS if pattern is None else PATTERNS.get(pattern, IDS)


def _array(schema: dict[str, Any], root: dict[str, Any]) -> some.SearchStrategy[Any]:
    if "prefixItems" in schema:
        return some.tuples(*(_of(each, root) for each in schema["prefixItems"])).map(list)
    least = schema.get("minItems", 0)
    return some.lists(_of(schema["items"], root), min_size=least, max_size=max(least, 2))


def _object(schema: dict[str, Any], root: dict[str, Any]) -> some.SearchStrategy[Any]:
    if "properties" not in schema:
        (of_values,) = schema["patternProperties"].values()
        return some.dictionaries(IDS, _of(of_values, root), max_size=2)
    if schema["title"] == "Then":
        return ENDS
    fields = {name: _of(each, root) for name, each in schema["properties"].items()}
    required = set(schema.get("required", ()))
    if schema["title"] == "Area":
        return _area(fields, required)
    return some.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )


def _area(fields: dict[str, Any], required: set[str]) -> some.SearchStrategy[Any]:
    """With one piece of land or several, which its schema cannot say."""
    others = {name: each for name, each in fields.items() if name in required | {"blocks"}}
    ring = some.lists(some.lists(some.floats(-90, 90), min_size=2, max_size=2), min_size=4, max_size=4)
    rings = some.lists(ring, min_size=1, max_size=2)
    shapes = {"polygon": rings, "polygons": some.lists(rings, min_size=1, max_size=2)}
    return some.one_of(*(some.fixed_dictionaries(others | {name: each}) for name, each in shapes.items()))


LISTS = {name: some.lists(documents(model), min_size=1, max_size=2) for name, model in MODELS.items()}
COUNTRIES = some.fixed_dictionaries(LISTS).map(Country.model_validate)
A_FEW = settings(max_examples=30, suppress_health_check=list(HealthCheck), derandomize=True)


@A_FEW
@given(country=COUNTRIES)
def test_a_whole_directory_is_read_back_exactly_from_yaml(country: Country) -> None:
    assert read_file("yaml", WHOLE, write_file(country, "yaml", WHOLE)).country == country


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("format", ["yaml", "csv"])
@A_FEW
@given(data=some.data())
def test_each_list_is_read_back_exactly(name: str, format: str, data: some.DataObject) -> None:
    items = tuple(MODELS[name].model_validate(each) for each in data.draw(LISTS[name]))
    country = Country.model_validate(a_country()).model_copy(update={name: items})
    assert tuple(read_file(format, name, write_file(country, format, name)).items) == items


@A_FEW
@given(areas=LISTS["areas"])
def test_areas_are_read_back_exactly_from_geojson(areas: list[Any]) -> None:
    country = Country.model_validate(a_country(areas=areas))
    assert tuple(read_file("geojson", "areas", write_file(country, "geojson", "areas")).items) == country.areas


def refused(format: str, name: str | None, text: str) -> list[Unfit]:
    with pytest.raises(Unreadable) as error:
        read_file(format, name, text)
    assert error.value.faults
    return list(error.value.faults)


ENTITY = "- id: works\n  name: {ar: الأشغال, en: Works}\n  kind: ministry\n  calendar: government\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- id: [", 2),
        (ENTITY + "  kind: ministry\n", 5),
        (ENTITY + "- *works\n", 5),
        ("- &x {id: works}\n- *x\n", 1),
        ("- !!python/object:os.system {}\n", 1),
        (ENTITY + "  email: !!binary aGk=\n", 5),
        (ENTITY + "  <<: {parent: x}\n", 5),
        (ENTITY + "  ? [a]\n  : b\n", 5),
        (ENTITY + "---\n" + ENTITY, 5),
        ("[" * 900 + "]" * 900, 1),
        ("", 1),
        ("works\n", 1),
        (ENTITY + "  phone_of_head: '1'\n", 5),
        ("\n" + ENTITY.replace("ministry", "kingdom"), 4),
        (ENTITY + "- id: second\n  name: {ar: ب}\n  kind: ministry\n  calendar: x\n", 6),
        (ENTITY.replace("works", "no"), 1),
    ],
)
def test_yaml_that_cannot_be_taken_is_refused_with_its_line(text: str, line: int) -> None:
    faults = refused("yaml", "entities", text)
    assert faults[0].line == line, faults


def test_a_text_that_no_file_has_is_refused() -> None:
    assert refused("yaml", WHOLE, "a: \x00")[0].code == "malformed"
    assert refused("yaml", WHOLE, "[" * 100_000)[0].code == "malformed"


HEADER = "id,name.ar,name.en,kind,calendar,areas\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("name.ar\n", 1),
        ("id,colour\n", 1),
        ("id,id\n", 1),
        (HEADER + "works,ا,Works,ministry\n", 2),
        (HEADER + 'works,"ا\n\nب",Works,ministry,government,\n"second,', 5),
        (HEADER + 'works,ا,Works,ministry,government,\n\nsecond,ا,"x"y,ministry,government,\n', 4),
        (HEADER + "works,ا,Works,kingdom,government,\n", 2),
        (HEADER + "works,,Works,ministry,government,\n", 2),
    ],
)
def test_csv_that_cannot_be_taken_is_refused_with_its_line(text: str, line: int) -> None:
    faults = refused("csv", "entities", text)
    assert faults[0].line == line, faults


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("entity_by_area", cell) for cell in ("west", "west=works west=ewa")),
        *(("questions", cell) for cell in ("[{", "7", "[" * 100_000)),
        ("words.ar", "\\"),
        ("kinds", "war"),
        ("publication", "maybe"),
    ],
)
def test_a_cell_that_has_not_the_form_of_its_column_is_refused(column: str, cell: str) -> None:
    quoted = cell.replace('"', '""')
    (fault,) = refused("csv", "categories", f'id,name.ar,name.en,{column}\nx,ا,X,"{quoted}"\n')
    assert fault.line == 2
    assert column in fault.field or fault.field == "[0].kinds[0]"


@pytest.mark.parametrize("cell", ["tomorrow", "2026-12-01..", "2026-13-01", "2026-12-01..x", "٢٠٢٦-١٢-٠١"])
def test_an_absence_that_is_no_days_is_refused(cell: str) -> None:
    header = "id,name.ar,name.en,entity,role,language,absences"
    (fault, *_) = refused("csv", "officials", f"{header}\nx,ا,X,works,officer,ar,{cell}\n")
    assert fault.line == 2
    assert fault.field.startswith("[0].absences")


@pytest.mark.parametrize("cell", ["x", "nan", "91", "inf"])
def test_a_place_whose_latitude_is_none_is_refused(cell: str) -> None:
    (fault,) = refused("csv", "places", f"id,name.ar,name.en,lat,lon\nx,ا,X,{cell},50\n")
    assert (fault.line, fault.field) == (2, "[0].lat")


def test_a_spreadsheet_with_semicolons_and_columns_in_another_order_is_read() -> None:
    file = read_file(
        "csv", "entities", "\ufeffkind;id;name.en;name.ar;calendar\r\nministry;works;Works;الأشغال;government\r\n"
    )
    assert [(item.id, item.name.ar) for item in file.items] == [("works", "الأشغال")]


def a_feature(**changed: Any) -> dict[str, Any]:
    area = an_area("west", 50.0, 50.5, [])
    return {
        "type": "Feature",
        "id": "west",
        "properties": {"name_ar": "الغرب", "name_en": "West"},
        "geometry": {"type": "Polygon", "coordinates": area["polygon"]},
    } | changed


def a_collection(*features: Any) -> str:
    lines = ",\n".join(json.dumps(each) for each in features)
    return f'{{"type": "FeatureCollection",\n\t"features": [\n{lines}]}}'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"type":\n "FeatureCollection",\n "features": [}', 3),
        ("[1]", 1),
        ('{"type": "Feature", "features": []}', 1),
        ("[" * 100_000, None),
        (a_collection(a_feature(), 7), 4),
        (a_collection(a_feature(), a_feature(geometry={"type": "MultiPolygon", "coordinates": []})), 4),
        (a_collection(a_feature(geometry=None)), 3),
        (a_collection(a_feature(properties=None)), 3),
        (a_collection(a_feature(), a_feature(properties={"name_ar": "ا"})), 4),
        (a_collection(a_feature(geometry={"type": "Polygon", "coordinates": [[["x", 1]]]})), 3),
    ],
)
def test_geojson_that_cannot_be_taken_is_refused_with_its_line(text: str, line: int | None) -> None:
    faults = refused("geojson", "areas", text)
    assert faults[0].line == line, faults


def test_what_the_check_finds_in_a_file_has_its_line_as_well() -> None:
    country = Country.model_validate(a_country())
    categories = [a_category("roads"), a_category("roads.pothole", parent="roads", entity="nobody")]
    broken = with_list(country, "categories", [MODELS["categories"].model_validate(each) for each in categories])
    text = write_file(broken, "yaml", "categories")
    file = read_file("yaml", "categories", text)
    found = faults_of(file.put_into(country))
    lines = dict(zip((fault.field for fault in found), file.lines_of(found), strict=True))
    assert text.splitlines()[(lines["categories[1].entity"] or 0) - 1] == "  entity: nobody"
    assert lines["rules[2].then.category"] is None


@pytest.mark.parametrize(("format", "name"), [("csv", None), ("geojson", "entities"), ("xlsx", "entities")])
def test_not_every_format_holds_everything(format: str, name: str | None) -> None:
    with pytest.raises(NoSuchFile):
        write_file(Country.model_validate(a_country()), format, name)
    with pytest.raises(NoSuchFile):
        read_file(format, name, "x")
