"""A Prometheus of one's own, what it says, and what the dashboards ask it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tawasul.dashboards.boards import BOARDS
from tawasul.stack.ports import Port, free_port
from tawasul.stack.prometheus import Prometheus, installed
from tawasul.stack.running import Running

from tests.support.telling import tell


def needs_prometheus(config: pytest.Config) -> str:
    """Where it is. Skips the test where it is not installed, and says so."""
    binary = installed()
    if binary is None:
        tell(config, "NOT RUN: nothing was watched by a Prometheus, there is none: apt-get install prometheus")
        pytest.skip("no prometheus")
    return binary


def asked(entity: str) -> Iterator[tuple[str, str, str]]:
    """Every query of every dashboard as Grafana would send it: where it stands, what it asks, whose figures."""
    for board in BOARDS:
        for panel in board.panels:
            for query in panel.queries:
                expr = query.expr.replace("$__rate_interval", "2m").replace("$entity", entity)
                yield f"{board.title}: {panel.title}", expr, query.job


class Watch:
    """Asks a running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def query(self, expr: str) -> list[dict[str, Any]]:
        data = await self.get("/api/v1/query", query=expr)
        found: list[dict[str, Any]] = data["result"]
        return found

    async def values(self, expr: str) -> list[float]:
        return [float(sample["value"][1]) for sample in await self.query(expr)]

    async def firing(self) -> set[tuple[str, str]]:
        """Name of each alert that fires, with its service (empty where it names none)."""
        alerts = (await self.get("/api/v1/alerts"))["alerts"]
        return {
            (alert["labels"]["alertname"], alert["labels"].get("service", ""))
            for alert in alerts
            if alert["state"] == "firing"
        }

    async def get(self, path: str, **params: str) -> Any:
        async with httpx2.AsyncClient(base_url=self.url, timeout=30) as http:
            response = await http.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()["data"]


class LocalPrometheus(Running):
    """Over services at the given addresses (host:port by name)."""

    def __init__(self, binary: str, folder: Path, services: Mapping[str, str], every: str = "1s") -> None:
        self._prometheus = Prometheus(binary, Port("prometheus", free_port()), services, folder / "prometheus", every)
        super().__init__(self._prometheus, folder / "prometheus.log")

    @property
    def watch(self) -> Watch:
        return Watch(self._prometheus.url)
