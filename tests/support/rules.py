"""The rules of Prometheus, and the names of every series that they may ask for."""

from collections.abc import Iterator
from typing import Any

import yaml
from tawasul.stack.prometheus import FOLDER

from tests.contract.services import PACKAGES, sources
from tests.support.metrics import declared

RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "tests").glob("*.yml"))


def rules() -> Iterator[dict[str, Any]]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def known_series() -> tuple[set[str], set[str]]:
    """Names of series: those that services tell, and those that rules record."""
    packages = (*PACKAGES.values(), "shared")
    metrics = [metric for name in packages for _, file in sources(name) for metric in declared(file)]
    histograms = [metric.name for metric in metrics if metric.kind == "histogram"]
    told = {metric.name for metric in metrics if metric.kind != "histogram"}
    told |= {f"{name}_{part}" for name in histograms for part in ("bucket", "count", "sum")}
    return told, {rule["record"] for rule in rules() if "record" in rule}
