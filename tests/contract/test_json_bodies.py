"""A JSON body means what its types say: a text is no boolean and no number, and nothing is turned into another type.

Every endpoint of every service that reads a body is walked: each boolean, number and moment that its model has, however
deep, is sent as what a lenient reader would have taken for one.
"""

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal, get_args

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from intake.filing.api import read_submission
from intake.http.models import SubmissionSent
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from router.directory.model import MODELS
from shared.http.json_bodies import JsonBody, from_json
from shared.http.problems import Problem

from tests.contract.services import PACKAGES, create_app

Path = tuple[str | int, ...]
Read = Callable[[Any], set[Path]]
"""Where an endpoint finds something wrong with a body."""

LOOKS_LIKE = {
    "boolean": ("yes", "true", "1", 0, 1, 0.0),
    "integer": ("5", True, 5.5, "5.0"),
    "number": ("50.5", True),
    "moment": (0, 1_700_000_000, "1700000000"),
}
"""By type: what is none, and was taken for one by a lenient reader."""

ANY_KEY = "a-key"


class _Body:
    """The body that one endpoint reads."""

    def __init__(self, at: str, type_: Any, read: Read) -> None:
        self.at = at
        self.type = type_
        self.read = read

    @property
    def examples(self) -> list[Any]:
        examples: list[Any] = TypeAdapter(self.type).json_schema().get("examples", [])
        return examples

    def places(self) -> Iterator[tuple[Path, str]]:
        schema = TypeAdapter(self.type).json_schema()
        yield from _places(schema, schema.get("$defs", {}), (), ())


def _bodies() -> Iterator[_Body]:
    for name, package in PACKAGES.items():
        for route in iter_route_contexts(create_app(package).routes):
            field = getattr(route, "body_field", None)
            if field is not None:
                at = f"{name}: {sorted(route.methods or ())[0]} {route.path}"
                yield _Body(at, field.field_info.annotation, partial(_refused_by, field))
    yield _Body("intake: POST /submissions", SubmissionSent, _refused_in_front)
    for list_, model in MODELS.items():  # PUT /directory/draft/{list}/{id} reads its body by the list
        yield _Body(f"router: draft of {list_}", model, partial(_refused_as, model))


def _refused_by(field: Any, value: Any) -> set[Path]:
    _, errors = field.validate(value, loc=())
    return {error["loc"] for error in errors}


def _refused_in_front(value: Any) -> set[Path]:
    try:
        read_submission(json.dumps(value).encode())
    except Problem as refused:
        return {tuple(error["field"].split(".")) for error in refused.errors}
    return set()


def _refused_as(model: type[BaseModel], value: Any) -> set[Path]:
    try:
        from_json(model, value)
    except ValidationError as refused:
        return {error["loc"] for error in refused.errors()}
    return set()


def _places(node: Any, parts: dict[str, Any], path: Path, seen: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Every place with a type that could be taken for another one, unless a text may stand there as well."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from _places(parts[name], parts, path, (*seen, name))
        return
    choices = [choice for key in ("anyOf", "oneOf", "allOf") for choice in node.get(key, [])]
    if choices:
        if not any(_is_text(choice) for choice in choices):
            for choice in choices:
                yield from _places(choice, parts, path, seen)
        return
    if node.get("format") in ("date", "date-time", "time"):
        yield path, "moment"
    elif node.get("type") in LOOKS_LIKE and "enum" not in node and "const" not in node:
        yield path, node["type"]
    for name, part in node.get("properties", {}).items():
        yield from _places(part, parts, (*path, name), seen)
    if isinstance(node.get("additionalProperties"), dict):
        yield from _places(node["additionalProperties"], parts, (*path, ANY_KEY), seen)
    for index, part in enumerate(node.get("prefixItems", [])):
        yield from _places(part, parts, (*path, index), seen)
    if isinstance(node.get("items"), dict):
        yield from _places(node["items"], parts, (*path, 0), seen)


def _is_text(node: Any) -> bool:
    return bool(node.get("type") == "string" and "format" not in node)


def _only(path: Path, value: Any) -> Any:
    """A body of which nothing but this is there."""
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value] * (step + 1)
    return value


def _names(path: Path) -> tuple[str, ...]:
    return tuple(str(step) for step in path)


def _is_refused_at(path: Path, places: set[Path]) -> bool:
    """Where models are told apart, their name stands in the place as well."""
    return any(_is_within(_names(path), _names(place)) for place in places)


def _is_within(path: Path, place: Path) -> bool:
    rest = iter(place)
    return all(step in rest for step in path)


BODIES = {body.at: body for body in _bodies()}


@pytest.mark.parametrize("at", BODIES)
def test_a_json_body_is_taken_at_its_types(at: str) -> None:
    body = BODIES[at]
    taken = [
        (".".join(map(str, path)), sent)
        for path, type_ in body.places()
        for sent in LOOKS_LIKE[type_]
        if not _is_refused_at(path, body.read(_only(path, sent)))
    ]
    assert taken == []


@pytest.mark.parametrize("at", [at for at, body in BODIES.items() if body.examples])
def test_what_the_document_gives_as_an_example_is_taken(at: str) -> None:
    """Strict types still read a date, a member of an enumeration or an id from its text."""
    body = BODIES[at]
    assert [example for example in body.examples if body.read(example)] == []


def test_the_walk_finds_what_was_taken_for_something_else() -> None:
    found = {(at, *path) for at, body in BODIES.items() for path, _ in body.places()}
    assert ("intake: POST /submissions", "publish") in found
    assert ("intake: POST /submissions", "location", "lat") in found
    assert ("router: POST /api/router/v1/assignments/{id}/interim-reply", "expected_on") in found
    assert len(found) > 60


@pytest.mark.parametrize("package", PACKAGES.values())
def test_an_endpoint_that_reads_a_body_reads_it_strictly(package: str) -> None:
    """Also where its model has nothing yet that could be taken for something else."""
    lenient = [
        route.path
        for route in iter_route_contexts(create_app(package).routes)
        if isinstance(route.original_route, APIRoute) and getattr(route, "body_field", None) is not None
        if not _is_strict(route.endpoint)
    ]
    assert lenient == []


def _is_strict(endpoint: Any) -> bool:
    strict = get_args(JsonBody[dict[str, Any]])[1]
    parameters = inspect.signature(endpoint).parameters.values()
    return any(strict in getattr(each.annotation, "__metadata__", ()) for each in parameters)


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["a", "b"] = "a"
    lat: float | None = None


def test_a_whole_number_is_a_number_and_what_json_does_not_have_is_none() -> None:
    reader = TypeAdapter(JsonBody[_Example])
    assert reader.validate_python({"lat": 26}).lat == 26.0
    for sent in (float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            reader.validate_python({"lat": sent})


def test_what_is_wrong_is_said_where_it_is() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(list[JsonBody[_Example]]).validate_python([{"lat": "50.5", "more": 1}])
    assert {error["loc"] for error in refused.value.errors()} == {(0, "lat"), (0, "more")}


def test_a_form_of_texts_is_read_by_the_same_model() -> None:
    assert _Example.model_validate({"lat": "50.5"}).lat == 50.5
