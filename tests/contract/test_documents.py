"""Files, variables, metrics and commands that the documents name exist."""

import importlib
import re
from pathlib import Path

import pytest
import yaml
from shared.operations.settings import ServiceSettings
from tawasul.stack.paths import REPOSITORY
from tawasul.stack.settings import StackSettings

from tests.contract.kept import kept_files
from tests.contract.services import PACKAGES, settings_class, sources

DOCUMENTS = sorted(
    file
    for pattern in ("*.md", "deploy/**/*.md", "shared/**/*.md", "services/*/README.md")
    for file in REPOSITORY.glob(pattern)
)
SETTINGS = REPOSITORY / "deploy" / "docs" / "settings.md"
DECISIONS = sorted((REPOSITORY / "deploy" / "docs" / "adr").glob("[0-9]*.md"))
ELSEWHERE = {"TAWASUL_STATE", "TAWASUL_SECRETS", "TAWASUL_BIND", "TAWASUL_COUNTRY"}
"""Read by shell, Makefile or compose, and not by a settings class."""


def _named(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


def _settings() -> set[str]:
    fields = {name for package in PACKAGES.values() for name in settings_class(package).model_fields}
    return {f"TAWASUL_{name.upper()}" for name in fields | StackSettings.model_fields.keys()}


def _compose_variables() -> set[str]:
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return {name for service in compose["services"].values() for name in service.get("environment", {})}


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text())
    broken = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_file_of_the_house_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"`((?:services|shared|deploy|tests)/[\w./-]+\.\w+)`", document.read_text()))
    assert {name for name in named if not (REPOSITORY / name).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_file_that_is_named_in_short_exists(document: Path) -> None:
    """`life.py` of any part; `domain/life.py` in a service's README of this service."""
    named = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|html|js|yaml))`", document.read_text()))
    own = document.parent if document.parent.parent == REPOSITORY / "services" else REPOSITORY
    assert {name for name in named if not _is_there(name, own if "/" in name else REPOSITORY)} == set()


def _is_there(name: str, below: Path) -> bool:
    tail = Path(name).parts
    there = (file for file in kept_files() if file.is_relative_to(below))
    return (REPOSITORY / name).exists() or any(file.parts[-len(tail) :] == tail for file in there)


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_variable_exists(document: Path) -> None:
    named = set(re.findall(r"\bTAWASUL_[A-Z_]+[A-Z]\b", document.read_text()))
    assert named - _settings() - _compose_variables() - ELSEWHERE == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_metric_exists(document: Path) -> None:
    databases = {f"tawasul_{package}" for package in PACKAGES.values()}
    code = "".join(file.read_text() for package in (*PACKAGES.values(), "shared") for _, file in sources(package))
    named = set(re.findall(r"`(tawasul_[a-z_]+)\b", document.read_text())) - databases
    assert {name for name in named if f'"{name}"' not in code} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_make_target_and_tool_command_exists(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?\bmake ([a-z-]+)`", text)) <= targets
    cli = importlib.import_module("tawasul.cli").app
    commands = {
        (command.name or command.callback.__name__).rstrip("_").replace("_", "-") for command in cli.registered_commands
    }
    commands |= {group.name for group in cli.registered_groups}
    assert set(re.findall(r"(?:`|bin/)tawasul ([a-z][a-z-]+)", text)) <= commands


def test_the_settings_of_every_service_are_described() -> None:
    described = set(re.findall(r"`(?:TAWASUL_)?([A-Z_]+)`", SETTINGS.read_text()))
    assert {name.upper() for name in ServiceSettings.model_fields} - described == set()


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text().split()) <= 900


def test_the_index_of_decisions_names_each_once() -> None:
    index = (REPOSITORY / "deploy" / "docs" / "adr" / "README.md").read_text()
    assert sorted(re.findall(r"\]\((\d{4}[\w-]*\.md)\)", index)) == [file.name for file in DECISIONS]


def test_every_decision_has_a_number_of_its_own() -> None:
    titles = {file.name[:4]: file.read_text().splitlines()[0] for file in DECISIONS}
    assert len(titles) == len(DECISIONS)
    assert all(title.startswith(f"# {int(number)}. ") for number, title in titles.items())
