"""A component as a process that comes up, goes down and comes up again: for supervisor, tests and faults."""

import asyncio
import time
from pathlib import Path

from tawasul.stack.component import CannotStart, Component
from tawasul.stack.process import Process


class Running:
    """`await start()` returns when the component is ready. Start from the main thread (see Process)."""

    def __init__(self, component: Component, log: Path) -> None:
        self.component = component
        self.log = log
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        if self._process is None:
            raise RuntimeError(f"{self.component.name} is not started")
        return self._process

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.is_running

    async def start(self) -> None:
        await self.launch()
        await self.become_ready()

    async def launch(self) -> None:
        await asyncio.to_thread(self.component.prepare)
        self._process = Process(self.component.command(), self.component.environment(), self.log)
        await self._process.start()

    async def become_ready(self) -> None:
        """Return when ready; raise CannotStart, with the process stopped, when it ends or its patience does."""
        name, deadline = self.component.name, time.monotonic() + self.component.patience
        while not await self.component.is_ready():
            if not self.is_running:
                code = await self.process.ended()
                words = await asyncio.to_thread(self._last_words)
                raise CannotStart(
                    f"{name} ended at start, exit code {code}{words}: {self.component.advice} ({self.log})"
                )
            if time.monotonic() > deadline:
                await self.kill()
                patience = f"{self.component.patience:.0f} s"
                raise CannotStart(f"{name} was not ready within {patience}: {self.component.advice} ({self.log})")
            await asyncio.sleep(0.1)

    def _last_words(self) -> str:
        written = self.log.read_text(errors="replace").strip().splitlines()
        return f" (“{written[-1][:200]}”)" if written else ""

    async def stop(self, grace: float = 15.0) -> None:
        if self._process is not None:
            await self._process.stop(grace)

    async def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            await self._process.kill()

    def suspend(self) -> None:
        """SIGSTOP: alive, and deaf."""
        self.process.suspend()

    def resume(self) -> None:
        self.process.resume()
