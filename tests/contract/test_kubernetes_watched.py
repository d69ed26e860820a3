"""The Helm chart gives Prometheus and Grafana the same as the compose file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tawasul.dashboards.command import files
from tawasul.stack.paths import REPOSITORY

from tests.contract.services import PACKAGES
from tests.support.chart import VALUES, Rendered, chart, needs_helm, rendered
from tests.support.promtool import Promtool
from tests.support.rules import RULES, rules

__all__ = ["chart"]

COMPONENT = "app.kubernetes.io/component"


@pytest.fixture(scope="module")
def watched(pytestconfig: pytest.Config) -> Rendered:
    needs_helm(pytestconfig)
    return rendered("--set", "monitoring.enabled=true")


def test_nothing_needs_the_operator_where_it_is_not_asked_for(chart: Rendered, watched: Rendered) -> None:
    more = {(found["kind"], found["metadata"]["name"]) for found in watched.resources}
    more -= {(found["kind"], found["metadata"]["name"]) for found in chart.resources}
    screens = {("ConfigMap", file.stem) for file in files()}
    assert more == screens | {("PodMonitor", "tawasul"), ("Probe", "door"), ("PrometheusRule", "tawasul")}
    assert "monitoring.coreos.com/v1" not in {found["apiVersion"] for found in chart.resources}


async def test_every_rule_and_alert_is_there_as_it_was_tested(
    watched: Rendered, promtool: Promtool, tmp_path: Path
) -> None:
    spec = watched.of("PrometheusRule")["tawasul"]["spec"]
    assert [rule for group in spec["groups"] for rule in group["rules"]] == list(rules())
    assert len(RULES) > 1
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(spec))
    await promtool.says("check", "rules", "rules.yml", folder=tmp_path)


def test_series_bear_the_job_and_the_service_that_rules_and_screens_ask_for(watched: Rendered) -> None:
    monitor = watched.of("PodMonitor")["tawasul"]["spec"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    label = re.sub(r"[./-]", "_", f"__meta_kubernetes_pod_label_{COMPONENT}")
    assert endpoint["relabelings"] == [
        {"targetLabel": "job", "replacement": "tawasul"},
        {"targetLabel": "service", "sourceLabels": [label]},
    ]
    (chosen,) = monitor["selector"]["matchExpressions"]
    assert (chosen["key"], chosen["operator"], set(chosen["values"])) == (COMPONENT, "In", {*PACKAGES})
    for name in PACKAGES:
        template = watched.of("StatefulSet")[name]["spec"]["template"]
        labels = template["metadata"]["labels"]
        assert labels[COMPONENT] == name
        assert monitor["selector"]["matchLabels"].items() <= labels.items()
        assert endpoint["port"] in {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    (job,) = [job for job in _scraped() if job["job_name"] == "tawasul"]
    assert {each["labels"]["service"] for each in job["static_configs"]} == {*PACKAGES}


def _scraped() -> list[dict[str, Any]]:
    """The jobs of the compose file's Prometheus."""
    configuration = REPOSITORY / "deploy" / "prometheus" / "prometheus.yml"
    jobs: list[dict[str, Any]] = yaml.safe_load(configuration.read_text())["scrape_configs"]
    return jobs


def test_the_door_is_looked_at_by_its_public_address(watched: Rendered) -> None:
    probe = watched.of("Probe")["door"]["spec"]
    assert probe["jobName"] in {job["job_name"] for job in _scraped()}
    assert probe["targets"]["staticConfig"]["static"] == [VALUES["publicUrl"]]


def test_grafana_is_given_every_screen(watched: Rendered) -> None:
    given = {
        name: json.loads(text)
        for found in watched.of("ConfigMap").values()
        if found["metadata"]["labels"].get("grafana_dashboard") == "1"
        for name, text in found["data"].items()
    }
    assert given == {file.name: json.loads(text) for file, text in files().items()}


def test_prometheus_and_grafana_find_them(watched: Rendered) -> None:
    for kind, name in (("PodMonitor", "tawasul"), ("Probe", "door"), ("PrometheusRule", "tawasul")):
        labels = watched.of(kind)[name]["metadata"]["labels"]
        assert VALUES["monitoring"]["labels"].items() <= labels.items()
