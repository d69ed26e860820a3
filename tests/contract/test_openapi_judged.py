"""Ajv, as partners use it, agrees with the OpenAPI documents: each pattern is an ECMA-262 regular expression, each
schema can be compiled, and each example is one of its own schema."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from shared.http.commands import IF_MATCH
from tawasul.stack.paths import NODE_MODULES, REPOSITORY

from tests.contract.services import PACKAGES, create_app

JUDGE = Path(__file__).parents[1] / "support" / "openapi_judge.mjs"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (NODE_MODULES / "ajv").exists() or not (NODE_MODULES / "ajv-formats").exists():
        pytest.skip("NO OPENAPI DOCUMENT WAS JUDGED: there is no node, or no ajv (make test installs it)")
    return found


def judged(node: str, document: Any) -> tuple[list[dict[str, str]], dict[str, int]]:
    done = subprocess.run(
        [node, str(JUDGE), str(REPOSITORY)], input=json.dumps(document).encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    said = json.loads(done.stdout)
    return said["faults"], said["judged"]


@pytest.mark.parametrize("package", PACKAGES.values())
def test_every_pattern_and_every_example_is_what_it_says(node: str, package: str) -> None:
    faults, counted = judged(node, create_app(package).openapi())
    assert faults == []
    assert counted["patterns"] > 20
    assert counted["examples"] > 100


def a_document(**schema: Any) -> dict[str, Any]:
    return {"components": {"schemas": {"Thing": schema}}, "paths": {}}


@pytest.mark.parametrize(
    ("document", "at"),
    [
        (a_document(type="string", pattern=r"^[^\s<>\"]+$"), "/components/schemas/Thing/pattern"),
        (a_document(type="array", items={"pattern": "(?P<a>b)"}), "/components/schemas/Thing/items/pattern"),
        (a_document(type="integer", examples=[1, "2"]), "/components/schemas/Thing/examples~11"),
        (
            {"paths": {"/x": {"get": {"parameters": [{"schema": {"format": "uuid"}, "example": "no"}]}}}},
            "/paths/~1x/get/parameters/0/example",
        ),
    ],
)
def test_the_judge_finds_what_is_wrong(node: str, document: dict[str, Any], at: str) -> None:
    faults, _ = judged(node, document)
    assert at in {fault["at"] for fault in faults}


def test_an_example_keeps_what_is_null_in_it() -> None:
    schemas = create_app("notifier").openapi()["components"]["schemas"]
    assert schemas["InboxPage"]["examples"][0]["next_cursor"] is None


@pytest.mark.parametrize("package", PACKAGES.values())
def test_no_parameter_may_be_null(package: str) -> None:
    """A query or a header is a text, and `null` would be one."""
    operations = [each for path in create_app(package).openapi()["paths"].values() for each in path.values()]
    parameters = [parameter for operation in operations for parameter in operation.get("parameters", [])]
    assert [each["name"] for each in parameters if "null" in json.dumps(each["schema"])] == []


@pytest.mark.parametrize("package", PACKAGES.values())
def test_if_match_and_cursors_are_described_as_they_are_taken(package: str) -> None:
    operations = [each for path in create_app(package).openapi()["paths"].values() for each in path.values()]
    parameters = [parameter for operation in operations for parameter in operation.get("parameters", [])]
    matching = [each["schema"].get("pattern") for each in parameters if each["name"].lower() == "if-match"]
    assert set(matching) == {IF_MATCH}
    cursors = [each["schema"] for each in parameters if each["name"] == "cursor"]
    assert [schema for schema in cursors if schema.get("type") == "string" and "pattern" not in schema] == []
