"""Version 1 only grows: what `tawasul schemas` allows and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from tawasul.schemas import differences, generated, incompatibilities, losses

BEFORE: dict[str, Any] = {
    "type": "object",
    "$defs": {"Place": {"type": "object", "properties": {"block": {"type": "string", "pattern": "^[0-9]+$"}}}},
    "properties": {
        "text": {"type": "string", "maxLength": 4_000},
        "kind": {"type": "string", "enum": ["complaint", "enquiry"]},
        "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
        "size": {"type": "integer"},
        "part": {"type": "string"},
        "windows": {"type": "array", "items": {"type": "array", "prefixItems": [{"type": "string"}]}},
    },
    "required": ["text"],
}


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The schema with the value at a dotted path replaced, or taken out where the value is None."""
    schema: dict[str, Any] = json.loads(json.dumps(BEFORE))
    *way, last = path.split(".")
    inner: Any = schema
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return schema


def _losses(after: dict[str, Any]) -> list[str]:
    return list(losses(BEFORE, after, BEFORE, after))


@pytest.mark.parametrize(
    ("path", "value", "faults"),
    [
        ("properties.size.maximum", 2**53 - 1, []),
        ("properties.size.minimum", -(2**53 - 1), []),
        ("properties.size.maximum", 1_000, ["value.size: maximum was None, is 1000"]),
        ("properties.part.pattern", "^[1-9][0-9]{0,8}$", []),
        ("properties.part.pattern", "^[a-z]$", ["value.part: pattern was None, is ^[a-z]$"]),
        ("properties.text.maxLength", 2**53 - 1, ["value.text: maxLength was 4000, is 9007199254740991"]),
    ],
)
def test_only_what_no_message_ever_had_can_be_ruled_out(path: str, value: Any, faults: list[str]) -> None:
    assert _losses(_changed(path, value)) == faults


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("properties.kind", None, "value.kind: the field is gone"),
        ("required", ["text", "kind"], "value.kind: newly required"),
        ("required", [], "value.text: no longer required"),
        ("properties.text.type", "integer", "value.text: type was string, is integer"),
        ("properties.text.maxLength", 2_000, "value.text: maxLength was 4000, is 2000"),
        ("properties.text.maxLength", None, "value.text: maxLength was 4000, is None"),
        ("properties.kind.enum", ["complaint"], "value.kind: values gone: enquiry"),
        ("properties.place.anyOf", [{"$ref": "#/$defs/Place"}], "value.place: anyOf had 2 members, has 1"),
        ("$defs.Place.properties.block", None, "value.place.block: the field is gone"),
        ("$defs.Place.properties.block.pattern", "^[A-Z]+$", "value.place.block: pattern was"),
        ("properties.windows.items.prefixItems", [{"type": "number"}], "value.windows[]: type was string"),
    ],
)
def test_what_takes_something_away_is_named(path: str, value: Any, said: str) -> None:
    faults = _losses(_changed(path, value))
    assert len(faults) == 1
    assert faults[0].startswith(said)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties.colour", {"type": "string"}),
        ("properties.kind.enum", ["complaint", "enquiry", "praise"]),
        ("$defs.Place.properties.floor", {"type": "integer"}),
        ("description", "other words"),
    ],
)
def test_what_only_adds_is_allowed(path: str, value: Any) -> None:
    assert _losses(_changed(path, value)) == []


def test_a_checked_in_schema_with_more_than_the_code_is_a_loss(tmp_path: Path) -> None:
    name = "submissions/SubmissionRated.json"
    schema = json.loads(generated()[name])
    schema["properties"]["mood"] = {"type": "string"}
    schema["required"].append("mood")
    _write(tmp_path / name, schema)
    assert list(incompatibilities(tmp_path)) == [f"{name}: value.mood: the field is gone"]


def test_a_field_that_the_code_newly_requires_is_a_loss(tmp_path: Path) -> None:
    name = "submissions/SubmissionRated.json"
    schema = json.loads(generated()[name])
    schema["required"].remove("score")
    _write(tmp_path / name, schema)
    assert list(incompatibilities(tmp_path)) == [f"{name}: value.score: newly required, earlier messages lack it"]


def test_an_event_that_is_gone_is_a_loss_and_a_difference(tmp_path: Path) -> None:
    _write(tmp_path / "submissions" / "SubmissionSung.json", {"type": "object"})
    assert list(incompatibilities(tmp_path)) == ["submissions/SubmissionSung.json: the event is gone"]
    assert "submissions/SubmissionSung.json" in differences(tmp_path)


def _write(file: Path, schema: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(schema))
