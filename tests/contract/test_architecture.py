"""Rules of the house that import-linter cannot say: what domains import, who publishes, who reads the environment."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.services import PACKAGES, sources

BESIDE_THE_PACKAGES = {"__init__", "__main__", "app", "settings", "consumers", "metrics", "http", "reconciliation"}
"""Every service has these in its root; all else is a package named by a capability."""

MOST_MODULES_IN_A_ROOT = 8
MOST_MODULES_IN_A_PACKAGE = 12

ALLOWED_IN_A_MODEL = (
    *(
        "pydantic",
        "shared.events",
        "shared.reference.spelling",
        "shared.reference.phrases",
        "shared.reference.likeness",
    ),
    *("shared.reference.gazetteer", "shared.reference.deputies", "shared.reference.work_areas"),
)
"""The last six are pure: how words are written and found (ADR 13), how alike two submissions are (ADR 32), what places
are called (ADR 39), who acts for whom and who works where (ADR 43)."""

SOURCES = [(name, file) for package in (*PACKAGES.values(), "shared") for name, file in sources(package)]
MODELS = [(name, file) for name, file in SOURCES if name.split(".")[0] != "shared" and name.endswith(".model")]


HTTP_ELSEWHERE = {
    "router.desk.filters",
    "router.desk.view",
}
"""Parts of pages and endpoints that have names of their own."""

DRIVER_ELSEWHERE = {
    "router.cases.case_query",
    "router.classifier.trainings",
}
"""Stores that have names of their own."""


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _attributes(file: Path) -> Iterator[str]:
    """`object.attribute`, for every attribute of a plain name in the file."""
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            yield f"{owner}.{node.attr}"


@pytest.mark.parametrize("package", PACKAGES.values())
def test_every_service_has_the_same_modules_in_its_root(package: str) -> None:
    there = {name.removeprefix(f"{package}.").split(".")[0] for name, _ in sources(package)}
    assert BESIDE_THE_PACKAGES - there - {"__init__", "http"} == set()


@pytest.mark.parametrize("package", PACKAGES.values())
def test_a_folder_holds_few_modules(package: str) -> None:
    folders = Counter(file.parent for _, file in sources(package))
    root = min(folders, key=lambda folder: len(folder.parts))
    crowded = {folder.name: count for folder, count in folders.items() if count > MOST_MODULES_IN_A_PACKAGE}
    assert crowded == {}
    assert folders[root] <= MOST_MODULES_IN_A_ROOT


def test_a_model_imports_only_the_standard_library_pydantic_and_events() -> None:
    strangers = [
        f"{name} imports {imported}"
        for name, file in MODELS
        for imported in _imported(file)
        if imported.split(".")[0] not in sys.stdlib_module_names
        and not imported.startswith((*ALLOWED_IN_A_MODEL, f"{name.split('.')[0]}."))
    ]
    assert MODELS
    assert strangers == []


SPEAKS_HTTP = re.compile(r"\.(app|api|\w+_api|pages|\w+_pages|dependencies|settings)$|\.http\b|\.open311\b|\.site\b")
KNOWS_THE_DATABASE = re.compile(r"\.(app|store|\w+_store|indexes|worker|\w+_worker|command_line)$")


def test_only_api_pages_and_http_speak_http() -> None:
    assert _users_of(("fastapi", "starlette", "shared.http.problems"), SPEAKS_HTTP) == HTTP_ELSEWHERE


def test_only_stores_know_the_driver_of_the_database() -> None:
    assert _users_of(("pymongo", "bson", "gridfs"), KNOWS_THE_DATABASE) == DRIVER_ELSEWHERE


def _users_of(libraries: tuple[str, ...], allowed: re.Pattern[str]) -> set[str]:
    return {
        name
        for name, file in SOURCES
        if not name.startswith("shared.") and not allowed.search(name)
        for imported in _imported(file)
        if imported.startswith(tuple(f"{library}." for library in libraries)) or imported in libraries
    }


def test_a_model_is_told_the_time() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"}
    assert [(name, found) for name, file in MODELS for found in _attributes(file) if found in clocks] == []


def test_only_settings_read_the_environment() -> None:
    readers = [
        name
        for name, file in SOURCES
        if not name.endswith(".settings")
        and (
            {"os.environ", "os.getenv"} & {*_attributes(file), *_imported(file)}
            or "pydantic_settings" in {imported.split(".")[0] for imported in _imported(file)}
        )
    ]
    assert readers == []


def test_only_the_relay_publishes() -> None:
    calls = ("send", "send_and_wait", "send_batch")
    ways = {"broker.publish", *(f"{producer}.{call}" for producer in ("producer", "_producer") for call in calls)}
    publishers = [
        name
        for name, file in SOURCES
        if ways & set(_attributes(file)) or any(a.endswith((".publish_batch", ".request")) for a in _broker_calls(file))
    ]
    assert publishers == ["shared.messaging.publisher"]
    users = [name for name, file in SOURCES if "shared.messaging.publisher.Publisher" in _imported(file)]
    assert users == ["shared.messaging.relay"]


def _broker_calls(file: Path) -> Iterator[str]:
    return (found for found in _attributes(file) if found.startswith(("broker.", "_broker.", "publisher.")))


def test_only_the_relay_makes_a_producer() -> None:
    makers = [name for name, file in SOURCES if any(i.endswith("make_producer") for i in _imported(file))]
    assert makers == ["shared.messaging.relay"]


def test_only_stores_name_collections() -> None:
    """`database["…"]` stands in stores, and in app.py, which hands a collection on."""
    namers = {
        name
        for name, file in SOURCES
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) == "database"
    }
    outside = {name for name in namers if not name.startswith("shared.") and not KNOWS_THE_DATABASE.search(name)}
    assert outside <= DRIVER_ELSEWHERE


PAGES = re.compile(r"\.(\w+_)?pages$")
API = re.compile(r"^(intake|router|sla_monitor|notifier)(\.\w+)*\.(\w+_)?api(\.|$)")


def test_pages_import_no_endpoints() -> None:
    """Pages and JSON endpoints are siblings over the same commands."""
    pages = [(name, file) for name, file in SOURCES if PAGES.search(name)]
    assert pages
    assert [f"{name} imports {each}" for name, file in pages for each in _imported(file) if API.search(each)] == []
