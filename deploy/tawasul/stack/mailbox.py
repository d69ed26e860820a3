"""The local mailbox: nothing that the stack sends leaves this machine."""

import sys
from pathlib import Path

from tawasul.stack.ports import Port, listens


class Mailbox:
    name = "mailbox"
    needs: tuple[str, ...] = ()
    patience = 20.0
    advice = "see its log"

    def __init__(self, port: Port, folder: Path) -> None:
        self.ports = (port,)
        self._folder = folder

    def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tawasul.mailbox", str(self._folder), str(self.ports[0].number)]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        return await listens(self.ports[0].number)
