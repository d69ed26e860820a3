"""Rules of the house that import-linter cannot say: what domains import, who publishes, who reads the environment."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contract.services import PACKAGES, sources

ROOMS = ("__main__", "app", "settings", "domain", "use_cases", "repository", "api", "consumers")
"""Who knows one service can open the next one blind."""

ALLOWED_IN_DOMAIN = (
    *("pydantic", "shared.events", "shared.spelling", "shared.phrases", "shared.likeness"),
    *("shared.gazetteer", "shared.deputies", "shared.work_areas"),
)
"""The last six are pure: how words are written and found (ADR 13), how alike two submissions are (ADR 32), what places
are called (ADR 39), who acts for whom and who works where (ADR 43)."""

SOURCES = [(name, file) for package in (*PACKAGES.values(), "shared") for name, file in sources(package)]
OF_DOMAINS = [(name, file) for name, file in SOURCES if name.split(".")[1:2] == ["domain"]]


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
def test_every_service_has_the_same_rooms(package: str) -> None:
    there = {name.removeprefix(f"{package}.").split(".")[0] for name, _ in sources(package)}
    assert set(ROOMS) - there == set()


def test_a_domain_imports_only_the_standard_library_pydantic_and_events() -> None:
    strangers = [
        f"{name} imports {imported}"
        for name, file in OF_DOMAINS
        for imported in _imported(file)
        if imported.split(".")[0] not in sys.stdlib_module_names
        and not imported.startswith((*ALLOWED_IN_DOMAIN, f"{name.split('.')[0]}.domain."))
    ]
    assert OF_DOMAINS
    assert strangers == []


def test_a_domain_is_told_the_time() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"}
    assert [(name, found) for name, file in OF_DOMAINS for found in _attributes(file) if found in clocks] == []


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
    assert publishers == ["shared.publisher"]
    users = [name for name, file in SOURCES if "shared.publisher.Publisher" in _imported(file)]
    assert users == ["shared.relay"]


def _broker_calls(file: Path) -> Iterator[str]:
    return (found for found in _attributes(file) if found.startswith(("broker.", "_broker.", "publisher.")))


def test_only_the_relay_makes_a_producer() -> None:
    makers = [name for name, file in SOURCES if any(i.endswith("make_producer") for i in _imported(file))]
    assert makers == ["shared.relay"]


def test_only_the_database_rooms_name_collections() -> None:
    """`database["…"]` stands in repositories, in shared's stores, and in app.py, which hands a collection on."""
    namers = {
        name
        for name, file in SOURCES
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) == "database"
    }
    shared_stores = ("dead_letters", "erasures", "inbox", "lease", "relay", "messaging", "audit", "statements")
    shared_stores += ("differences", "reconciler")
    stores = {f"shared.{name}" for name in shared_stores}
    outside = {n for n in namers - stores if n.split(".")[1] not in ("repository", "app")}
    assert outside == set()
