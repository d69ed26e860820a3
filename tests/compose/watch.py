"""The profile `watch`: Prometheus sees all and tells Alertmanager; Grafana where its image is."""

import json
from typing import Any

import httpx2

from tests.compose.findings import Findings
from tests.compose.place import ALERTMANAGER, PROMETHEUS
from tests.compose.project import Failed, Project, docker
from tests.compose.until import until
from tests.support.watching import asked

WATCHERS = ("prometheus", "alertmanager", "blackbox", "node")
PATIENCE = 90.0
LOOK_EVERY_SECONDS = 2.0


def check(project: Project, findings: Findings) -> None:
    grafana = _image_of_grafana(project)
    names = [*WATCHERS, "grafana"] if grafana else list(WATCHERS)
    project.compose("--profile", "watch", "up", "--no-build", "--detach", "--wait", *names, patience=300)
    findings.expect(True, f"healthy: {', '.join(names)}")
    if not grafana:
        findings.not_to_be_had("Grafana with its dashboards", "its image cannot be had here, nor made from packages")
    with httpx2.Client(timeout=10) as http:
        down = _wait_for_targets(http)
        findings.expect(not down, "Prometheus reaches all that it looks at", "; ".join(down))
        groups = http.get(f"{PROMETHEUS}/api/v1/rules").json()["data"]["groups"]
        sick = [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"]
        number = sum(len(group["rules"]) for group in groups)
        findings.expect(number > 0 and not sick, f"{number} rules hold", ", ".join(sick))
        number, empty = _wait_for_panels(http)
        findings.expect(not empty, f"{number} queries of dashboards find something", "; ".join(empty))
        told = http.get(f"{PROMETHEUS}/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]
        findings.expect(len(told) == 1, "Prometheus tells Alertmanager", str(told))
        status = http.get(f"{ALERTMANAGER}/api/v2/status").json()
        findings.expect("route:" in status["config"]["original"], "Alertmanager took our routes")


def _image_of_grafana(project: Project) -> bool:
    described = json.loads(project.compose("--profile", "watch", "config", "--format", "json"))
    name = described["services"]["grafana"]["image"]
    try:
        docker("image", "inspect", name)
    except Failed:
        return False
    return True


def _found(http: httpx2.Client, expr: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"{PROMETHEUS}/api/v1/query", params={"query": expr}).json()["data"][
        "result"
    ]
    return found


def _wait_for_panels(http: httpx2.Client) -> tuple[int, list[str]]:
    """How many queries there are, and which find nothing after what the journey did; those of the disks among them."""
    answered = 'tawasul_sla_monitor_year_answers{outcome="in_time"} > 0'
    of_entities = until(lambda: (bool(found := _found(http, answered)), found), PATIENCE, LOOK_EVERY_SECONDS)
    if not of_entities:
        return 0, ["nobody has answered anything"]
    entity = of_entities[0]["metric"]["entity"]
    queries = [(where, expr) for where, expr, _ in asked(entity)]

    def look() -> tuple[bool, list[str]]:
        empty = [where for where, expr in queries if not _found(http, expr)]
        return not empty, empty

    return len(queries), until(look, PATIENCE, LOOK_EVERY_SECONDS)


def _wait_for_targets(http: httpx2.Client) -> list[str]:
    """What is still not up when patience ends."""

    def look() -> tuple[bool, list[str]]:
        targets: list[dict[str, Any]] = http.get(f"{PROMETHEUS}/api/v1/targets").json()["data"]["activeTargets"]
        down = [f"{each['scrapeUrl']}: {each['lastError']}" for each in targets if each["health"] != "up"]
        return bool(targets) and not down, down if targets else ["no targets"]

    return until(look, PATIENCE, LOOK_EVERY_SECONDS)
