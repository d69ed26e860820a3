"""The whole system as `make up` starts it, in a folder and on ports of its own, the sample country on its way."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from tawasul.stack.kafka import bring_jars
from tawasul.stack.paths import REPOSITORY, state_folder
from tawasul.stack.ports import free_port
from tawasul.stack.settings import StackSettings

from tests.support.eventually import eventually
from tests.support.watching import Watch

UP = "Tawasul is up"
PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class Ran:
    code: int
    output: str


class WholeSystem:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = {name: free_port() for name in StackSettings.model_fields if name.startswith("port_")}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TAWASUL_")},
            **{f"TAWASUL_{name.upper()}": str(port) for name, port in ports.items()},
            "TAWASUL_STATE": str(folder / ".state"),
        }
        here = {"state": folder / ".state", "kafka_bootstrap": None, "mongo_uri": None}
        self.settings = StackSettings().model_copy(update=here | ports)
        self._said = folder / "up.txt"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def said(self) -> str:
        """Text that the terminal shows."""
        return self._said.read_text() if self._said.exists() else ""

    def ports(self) -> dict[int, int]:
        """Where its components listen, by where they do unless told otherwise."""
        usual = {name: field.default for name, field in StackSettings.model_fields.items() if name.startswith("port_")}
        return {default: getattr(self.settings, name) for name, default in usual.items()}

    @property
    def references(self) -> list[str]:
        """Rows of the sample submissions, as the table has them."""
        return re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", self.said)

    @property
    def watch(self) -> Watch:
        return Watch(self.settings.prometheus_url)

    def log_lines(self, *names: str) -> Iterator[tuple[str, str]]:
        """Log lines of these components, or of all: whose line, and the line."""
        for file in sorted(self.settings.logs.glob("*.log")):
            if not names or file.stem in names:
                yield from ((file.stem, line) for line in file.read_text(errors="replace").splitlines())

    async def start(self) -> None:
        self.settings.state.mkdir(parents=True)
        (self.settings.state / "kafka-jars").symlink_to(state_folder() / "kafka-jars")
        for name in (".venv", "deploy"):
            (self.folder / name).symlink_to(REPOSITORY / name)
        with self._said.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tawasul.cli", "up"),
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        await eventually(self._is_up, PATIENCE_SECONDS)

    def _is_up(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise AssertionError(f"the system did not come up:\n{self.said[-2_000:]}")
        return UP in self.said

    async def run(self, command: str, patience: float = 60.0) -> Ran:
        """A line of the runbook, in a shell, where this system is the one at hand. `make` runs in the repository."""
        process = await asyncio.create_subprocess_shell(
            command,
            cwd=REPOSITORY if re.search(r"\bmake \w", command) else self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), patience)
        return Ran(process.returncode or 0, output.decode())

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self._process.wait(), 60)


@contextlib.asynccontextmanager
async def whole_system(folder: Path) -> AsyncIterator[WholeSystem]:
    await asyncio.to_thread(bring_jars)
    system = WholeSystem(folder)
    try:
        await system.start()
        yield system
    finally:
        await system.stop()
