"""A mapping is understood whole, or refused with what is wrong."""

from pathlib import Path
from typing import Any

import pytest
from tawasul.importing.mapping import Source, Template, Unmapped, load_mapping
from tawasul.importing.refusal import CannotImport
from tawasul.stack.paths import COUNTRY

from tests.unit.importing.builders import a_mapping, mapping_of

ROW = {"type": " Lamp out ", "street": "Road 2825", "house": "", "source": "app"}


def test_a_template_is_filled_with_the_values_of_the_row() -> None:
    assert Template.parse("{type} at {street}!").fill(ROW) == "Lamp out at Road 2825!"


def test_a_template_without_columns_is_a_constant() -> None:
    assert Template.parse("complaint").fill(ROW) == "complaint"


def test_a_template_is_empty_where_none_of_its_columns_has_a_value() -> None:
    assert Template.parse("house {house}").fill(ROW) == ""


def test_of_several_templates_the_empty_ones_are_left_out() -> None:
    assert Source(value=["{street}", "house {house}", "Manama"]).of(ROW) == "Road 2825, Manama"


def test_a_map_gives_its_value_and_otherwise_the_other() -> None:
    source = Source(value="{source}", map={"app": "observation"}, otherwise="complaint")
    assert source.of(ROW) == "observation"
    assert source.of(ROW | {"source": "phone"}) == "complaint"


def test_a_value_that_the_map_does_not_have_is_unmapped_where_nothing_else_is_said() -> None:
    with pytest.raises(Unmapped, match="app"):
        Source(value="{source}", map={"phone": "complaint"}).of(ROW)


def test_a_mapping_knows_every_column_it_needs(tmp_path: Path) -> None:
    mapping = mapping_of(
        tmp_path,
        time={"column": "opened"},
        category={"value": "{type}", "map": {}, "otherwise": "{group}"},
        location={"lat": "{y}", "lon": "{x}"},
        contact={"email": "{mail}"},
    )
    assert mapping.columns() == {"id", "words", "opened", "type", "group", "y", "x", "mail"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"text": None}, "text: Field required"),
        ({"key": []}, "key: List should have at least 1 item"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"kind": "praise"}, "kind: praise is none of complaint, suggestion"),
        ({"language": {"value": "{l}", "map": {"e": "english"}}}, "language: english is none of ar, en"),
        ({"time": {"column": "t", "zone": "Asia/Atlantis"}}, "no such time zone: Asia/Atlantis"),
        ({"id": "With Blanks"}, "id: String should match pattern"),
    ],
)
def test_a_faulty_mapping_is_refused_with_its_fault(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(CannotImport, match=told):
        mapping_of(tmp_path, **changed)


def test_a_mapping_that_is_not_there_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="cannot be read"):
        load_mapping(tmp_path / "none.yaml")
    path = a_mapping(tmp_path)
    path.write_text("id: [")
    with pytest.raises(CannotImport, match="is not YAML"):
        load_mapping(path)


@pytest.mark.parametrize("path", sorted((COUNTRY / "mappings").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_example_mappings_are_right(path: Path) -> None:
    assert load_mapping(path).id == path.stem
