"""Caddy, the one door: the same Caddyfile as with Docker, told by variables where things are."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tawasul.stack.component import CannotStart
from tawasul.stack.paths import REPOSITORY
from tawasul.stack.ports import Port, listens

CADDYFILE = REPOSITORY / "deploy" / "gateway" / "Caddyfile"


class Door:
    name = "door"
    patience = 20.0
    advice = "see its log"

    def __init__(self, port: Port, upstreams: Mapping[str, str], folder: Path, needs: tuple[str, ...] = ()) -> None:
        """`upstreams`: host:port by service."""
        self.ports = (port,)
        self.needs = needs
        self._upstreams = upstreams
        self._folder = folder

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        caddy()

    def command(self) -> list[str]:
        return [caddy(), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"]

    def environment(self) -> dict[str, str]:
        upstreams = {f"TAWASUL_UPSTREAM_{name.upper().replace('-', '_')}": at for name, at in self._upstreams.items()}
        return {
            **upstreams,
            "TAWASUL_DOOR_SITE": f"http://:{self.ports[0].number}",
            "TAWASUL_DOOR_BIND": "127.0.0.1",
            "XDG_DATA_HOME": str(self._folder),
            "XDG_CONFIG_HOME": str(self._folder),
        }

    async def is_ready(self) -> bool:
        return await listens(self.ports[0].number)


def caddy() -> str:
    beside_python = Path(sys.executable).parent / "caddy"
    found = str(beside_python) if beside_python.exists() else shutil.which("caddy")
    if found is None:
        raise CannotStart("there is no caddy: run `make up` again, it brings one")
    return found
