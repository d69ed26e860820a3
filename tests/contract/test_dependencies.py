"""Every member declares what it imports, and imports what it declares."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tawasul.stack.paths import REPOSITORY

MEMBERS = sorted(file.parent for file in REPOSITORY.glob("*/pyproject.toml")) + sorted(
    file.parent for file in REPOSITORY.glob("services/*/pyproject.toml")
)
PROVIDERS = packages_distributions()

NOT_IMPORTED = {
    "httptools": "uvicorn parses requests with it",
    "uvloop": "uvicorn and the services' loop",
    "python-multipart": "Starlette reads forms with it",
}
"""Declared all the same: who needs it there."""
COMES_WITH = {"starlette": "fastapi", "pydantic_core": "pydantic"}


def declared(member: Path, with_extras: bool = False) -> set[str]:
    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values() if with_extras else ()
    return {canonicalize_name(Requirement(each).name) for group in (project["dependencies"], *extras) for each in group}


def imported(member: Path) -> dict[str, set[str]]:
    """Imports of any module, wherever in it, with the distributions that may provide them."""
    names = {name for file in member.rglob("*.py") for name in _names(file)} - {each.name for each in member.iterdir()}
    return {name: _distributions(name) for name in names - sys.stdlib_module_names}


def _names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _distributions(name: str) -> set[str]:
    found = PROVIDERS.get(name, [f"tawasul-{name}"])  # a member that is installed by its path
    return {canonicalize_name(each) for each in found} | {COMES_WITH[name] for _ in [name] if name in COMES_WITH}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_what_is_declared_is_imported(member: Path) -> None:
    provided = set().union(*imported(member).values())
    assert declared(member) - provided - NOT_IMPORTED.keys() == set()


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_what_is_imported_is_declared(member: Path) -> None:
    """By itself, or by `shared`, whose frame every member stands in."""
    there = declared(member, with_extras=True) | declared(REPOSITORY / "shared")
    assert {name: by for name, by in imported(member).items() if not by & there} == {}
