"""The alerts: each says what is felt and where it is told what to do, and each is tested to fire and to stay silent."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tawasul.stack.paths import REPOSITORY
from tawasul.stack.prometheus import FOLDER

from tests.support.promtool import Promtool
from tests.support.rules import RULES, TESTS, known_series, rules

RUNBOOK = "deploy/docs/runbook.md"

ALERTS = [rule for rule in rules() if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})


def _cases() -> dict[str, list[bool]]:
    """For every alert, whether it is expected to fire in each case."""
    cases = defaultdict(list)
    for file in TESTS:
        for test in yaml.safe_load(file.read_text())["tests"]:
            for case in test.get("alert_rule_test", ()):
                cases[case["alertname"]].append(bool(case["exp_alerts"]))
    return cases


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_says_what_is_felt_how_urgent_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "runbook"}
    assert len(rule["annotations"]["summary"]) > 20
    assert rule["annotations"]["runbook"] == f"{RUNBOOK}#{rule['alert'].lower()}"


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_is_tested_to_fire_and_to_stay_silent(name: str) -> None:
    assert set(_cases()[name]) == {True, False}


def test_every_severity_of_an_alert_is_seen_to_fire() -> None:
    fired = {
        (case["alertname"], alert["exp_labels"]["severity"])
        for file in TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for case in test.get("alert_rule_test", ())
        for alert in case["exp_alerts"]
    }
    there = {(rule["alert"], rule["labels"]["severity"]) for rule in ALERTS}
    assert fired == there


def test_only_what_is_measured_or_recorded_is_asked_for() -> None:
    known, recorded = known_series()
    asked = " ".join(rule["expr"] for rule in rules())
    assert set(re.findall(r"\btawasul_\w+", asked)) <= known
    assert set(re.findall(r"\b\w+:\w+:\w+", asked)) <= recorded


async def test_prometheus_reads_the_configuration_and_every_rule(promtool: Promtool) -> None:
    assert "SUCCESS" in await promtool.says("check", "config", "prometheus.yml", folder=FOLDER)
    await promtool.says("check", "rules", *(str(file) for file in RULES))


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
async def test_every_alert_does_what_its_cases_say(promtool: Promtool, file: Path) -> None:
    assert "SUCCESS" in await promtool.says("test", "rules", file.name, folder=file.parent)


PARTS = ("People feel:", "First look:", "Causes, and the query that tells them apart:", "Remedy:", "Over when:")
PAGE = (REPOSITORY / RUNBOOK).read_text()


def _section(name: str) -> str:
    """The runbook's text about an alert, up to the next heading."""
    _, _, rest = PAGE.partition(f"\n### {name}\n")
    return re.split(r"^##+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _queries() -> Iterator[tuple[str, str]]:
    """Every query of the runbook's pages on alerts: the one of each cause, and those that say when it is over."""
    for name in NAMES:
        for cause, query in re.findall(r"^- \*\*(.+?)\*\*: `([^`]+)`$", _section(name), re.MULTILINE):
            yield f"{name}: {cause}", query
        _, _, over = _section(name).partition("**Over when:**")
        yield from ((f"{name}: over", query) for query in re.findall(r"`([^`]*tawasul_[^`]*|[^`]*slo:[^`]*)`", over))


@pytest.mark.parametrize("name", NAMES)
def test_the_runbook_has_a_page_for_every_alert(name: str) -> None:
    section = _section(name)
    places = [section.find(f"**{part}**") for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    causes = section[places[2] : places[3]].strip().splitlines()[1:]
    assert len([line for line in causes if line]) >= 2
    assert [line for line in causes if line and not re.fullmatch(r"- \*\*.+?\*\*: `[^`]+`", line)] == []


def test_the_runbook_has_no_page_for_an_alert_that_is_gone() -> None:
    _, _, alerts = PAGE.partition("\n## Alerts\n")
    alerts = re.split(r"^## ", alerts, maxsplit=1, flags=re.MULTILINE)[0]
    assert set(re.findall(r"^### (\w+)$", alerts, re.MULTILINE)) == set(NAMES)


def test_the_runbook_asks_only_for_what_is_measured() -> None:
    known, recorded = known_series()
    for where, query in _queries():
        assert set(re.findall(r"\btawasul_\w+", query)) <= known, where
        assert set(re.findall(r"\b\w+:\w+:\w+", query)) <= recorded, where


async def test_prometheus_can_read_every_query_of_the_runbook(promtool: Promtool, tmp_path: Path) -> None:
    queries = [{"record": "runbook:query", "labels": {"at": where}, "expr": query} for where, query in _queries()]
    assert len(queries) > 3 * len(NAMES)
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "runbook", "rules": queries}]}))
    await promtool.says("check", "rules", "queries.yml", folder=tmp_path)
