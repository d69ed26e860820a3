"""The Helm chart, rendered as a cluster would be given it. Helm and Kubernetes' schemas: `make chart` brings both."""

import importlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tawasul.stack.paths import REPOSITORY, state_folder

from tests.support.telling import tell

CHART = REPOSITORY / "deploy" / "kubernetes" / "tawasul"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
FLOWS: dict[str, Any] = yaml.safe_load((CHART / "files" / "flows.yaml").read_text())
VERSIONS = ("1.29.0", "1.37.0")
"""Versions of Kubernetes: the oldest that the chart takes, and the newest whose schemas there are."""

Resource = dict[str, Any]


def installed() -> str | None:
    return shutil.which("helm", path=f"{state_folder() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    found = installed()
    assert found is not None
    return subprocess.run([found, *arguments], capture_output=True, text=True, check=False)


def needs_helm(config: pytest.Config) -> None:
    if installed() is None:
        tell(config, "NOT RUN: the Helm chart was not rendered, there is no helm: `make chart` brings it")
        pytest.skip("no helm")


def needs_schemas(config: pytest.Config) -> Any:
    """The validator, with the schemas of many versions in it."""
    try:
        return importlib.import_module("kubernetes_validate")
    except ImportError:
        tell(config, "NOT RUN: the Helm chart was not validated, Kubernetes' schemas are not here: `make chart`")
        pytest.skip("no schemas")


class Rendered:
    def __init__(self, text: str) -> None:
        self.resources: list[Resource] = [found for found in yaml.safe_load_all(text) if found]

    def of(self, kind: str) -> dict[str, Resource]:
        """By name."""
        return {found["metadata"]["name"]: found for found in self.resources if found["kind"] == kind}

    def environment(self, service: str) -> dict[str, Any]:
        """Environment of its container, by name."""
        (container,) = self.of("StatefulSet")[service]["spec"]["template"]["spec"]["containers"]
        return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}

    def pods(self) -> Iterator[tuple[str, Resource]]:
        """Specifications of the pods that are ours, by the name of what runs them."""
        for kind in ("StatefulSet", "Deployment"):
            for name, found in self.of(kind).items():
                yield name, found["spec"]["template"]["spec"]


def rendered(*arguments: str) -> Rendered:
    answer = helm(
        "template", "tawasul", str(CHART), "--namespace", "tawasul", "--kube-version", VERSIONS[0], *arguments
    )
    assert answer.returncode == 0, answer.stderr
    return Rendered(answer.stdout)


@pytest.fixture(scope="module")
def chart(pytestconfig: pytest.Config) -> Rendered:
    needs_helm(pytestconfig)
    return rendered()


def arrows(document: Path) -> set[tuple[str, str]]:
    """Connections in the drawing, as pairs of the names that policies use."""
    drawn = document.read_text().split("```mermaid\n")[1].split("```")[0]
    topics = {
        line.split(">")[0].strip()
        for line in drawn.split("subgraph kafka")[1].split("end\n")[0].splitlines()
        if ">" in line
    }
    known = {"sla": "sla-monitor", "idb": "mongodb", "rdb": "mongodb", "sdb": "mongodb", "ndb": "mongodb"}
    known |= dict.fromkeys(topics, "kafka") | dict.fromkeys(("citizen", "official", "administrator"), "outside")
    pairs: set[tuple[str, str]] = set()
    for line in drawn.splitlines():
        nodes = [_named(side, known) for side in _sides(line)]
        for froms, tos in itertools.pairwise(nodes):
            pairs |= {_opened(start, end) for start in froms for end in tos}
    return {(start, end) for start, end in pairs if end != "outside"}


def _sides(line: str) -> list[str]:
    for arrow in ("-.->", "==>", "-->", "---"):
        line = line.replace(arrow, "→")
    return line.split("→") if "→" in line else []


def _named(side: str, known: dict[str, str]) -> list[str]:
    names = [part.strip().split("[")[0].split("(")[0].strip() for part in side.split("&")]
    return [known.get(name, name) for name in names]


def _opened(start: str, end: str) -> tuple[str, str]:
    """A consumer fetches: it is the service that opens the connection, whichever way the events go."""
    return (end, start) if start == "kafka" else (start, end)
