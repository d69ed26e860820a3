"""The four services as processes of this machine, each told where everything is."""

import sys
from collections.abc import Mapping

import httpx2

from tawasul.stack.ports import Port


class Service:
    patience = 90.0
    advice = "its log says more"

    def __init__(self, name: str, port: Port, environment: Mapping[str, str], needs: tuple[str, ...] = ()) -> None:
        self.name = name
        self.ports = (port,)
        self.needs = needs
        self._environment = environment

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        return [sys.executable, "-m", self.name.replace("-", "_")]

    def environment(self) -> dict[str, str]:
        return {**self._environment, "TAWASUL_HOST": "127.0.0.1", "TAWASUL_PORT": str(self.ports[0].number)}

    async def is_ready(self) -> bool:
        async with httpx2.AsyncClient() as http:
            try:
                return (await http.get(f"http://127.0.0.1:{self.ports[0].number}/readyz")).is_success
            except httpx2.TransportError:
                return False
