"""Prometheus, where it is installed: the configuration and rules of Docker, with the addresses of this machine.

What only containers have (Alertmanager, exporters) is left out. It is installed by who wants it (Debian: `prometheus`).
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import yaml

from tawasul.stack.paths import REPOSITORY
from tawasul.stack.ports import Port

FOLDER = REPOSITORY / "deploy" / "prometheus"
OWN_ADDRESS = "localhost:9090"
EVERY = "5s"
"""As often as the services look themselves: here somebody waits for what a change does."""


def installed() -> str | None:
    return shutil.which("prometheus")


class Prometheus:
    name = "prometheus"
    needs: tuple[str, ...] = ()
    patience = 30.0
    advice = "see its log"

    def __init__(self, binary: str, port: Port, services: Mapping[str, str], folder: Path, every: str = EVERY) -> None:
        """`services`: host:port by service."""
        self.ports = (port,)
        self._binary = binary
        self._services = services
        self._folder = folder
        self._every = every

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0].number}"

    @property
    def _file(self) -> Path:
        return self._folder / "prometheus.yml"

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        shared = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
        own = {**self._services, "": f"127.0.0.1:{self.ports[0].number}"}
        self._file.write_text(yaml.safe_dump(local(shared, own, self._every)))

    def command(self) -> list[str]:
        return [
            self._binary,
            f"--config.file={self._file}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            "--storage.tsdb.retention.time=7d",
            f"--web.listen-address=127.0.0.1:{self.ports[0].number}",
            "--log.level=warn",
        ]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        async with httpx2.AsyncClient() as http:
            try:
                return (await http.get(f"{self.url}/-/ready")).is_success
            except httpx2.TransportError:
                return False


def local(shared: Mapping[str, Any], addresses: Mapping[str, str], every: str) -> dict[str, Any]:
    """The shared configuration with our addresses; jobs whose targets are not here are left out.

    `addresses` by service; the one without a name is Prometheus' own.
    """
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(FOLDER / pattern) for pattern in shared["rule_files"]],
        "scrape_configs": [
            {**job, "static_configs": here}
            for job in shared["scrape_configs"]
            if (here := list(_here(job["static_configs"], addresses)))
        ],
    }


def _here(entries: list[dict[str, Any]], addresses: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        (target,) = entry["targets"]
        name = "" if target == OWN_ADDRESS else entry.get("labels", {}).get("service")
        if name in addresses:
            yield {**entry, "targets": [addresses[name]]}
