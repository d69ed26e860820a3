"""Starts the components in the order of their needs, restarts what dies, and stops everything in reverse."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tawasul.stack import log_files
from tawasul.stack.component import CannotStart, Component
from tawasul.stack.running import Running

State = Literal["waiting", "starting", "ready", "restarting", "stopped"]

ATTEMPTS_AT_FIRST = 3
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
LIVED_LONG = 60.0
"""A component that ran for so many seconds has earned a quick restart."""


@dataclass
class SupervisedComponent:
    running: Running
    state: State = "waiting"
    restarts: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was ready for the first time."""

    @property
    def component(self) -> Component:
        return self.running.component

    @property
    def pid(self) -> int | None:
        return self.running.process.pid if self.running.is_running else None


class Supervisor:
    """Belongs in the main thread (see Process)."""

    def __init__(
        self,
        components: Sequence[Component],
        logs: Path,
        say: Callable[[str], None] = print,
        changed: Callable[[Sequence[SupervisedComponent]], None] = lambda kept: None,
    ) -> None:
        """`say` gets one line for each thing that happens, `changed` the state of all after each change."""
        self._kept = {part.name: SupervisedComponent(Running(part, logs / f"{part.name}.log")) for part in components}
        self._levels = _levels(self._kept)
        self._logs = logs
        self._say = say
        self._changed = changed
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return when every component is ready. Whatever goes wrong, nothing half-started is left behind."""
        try:
            await self._prepare()
            self._tasks = [asyncio.create_task(self._keep(kept)) for kept in self._kept.values()]
            await self._all_ready()
        except BaseException:
            await self.stop(grace=5.0)
            raise
        self._tasks.append(asyncio.create_task(log_files.keep_short(self._logs)))

    async def stop(self, grace: float = 15.0) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for level in reversed(self._levels):
            await asyncio.gather(*(self._stop(kept, grace) for kept in level))

    async def _stop(self, kept: SupervisedComponent, grace: float) -> None:
        await kept.running.stop(grace)
        self._enter(kept, "stopped")

    async def _prepare(self) -> None:
        """Everything is prepared before anything starts, so that what is missing is said with nothing running."""
        preparing = [asyncio.to_thread(kept.component.prepare) for kept in self._kept.values()]
        for outcome in await asyncio.gather(*preparing, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _all_ready(self) -> None:
        waiting = asyncio.create_task(self._each_ready())
        try:
            # A keeper ends in the first start only by failing.
            done, _ = await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            waiting.cancel()

    async def _each_ready(self) -> None:
        for kept in self._kept.values():
            await kept.ready.wait()

    async def _keep(self, kept: SupervisedComponent) -> None:
        for need in kept.component.needs:
            await self._kept[need].ready.wait()
        delay, attempts = FIRST_DELAY, 0
        while True:
            began = time.monotonic()
            try:
                reason = await self._run(kept)
            except CannotStart as failure:
                reason, attempts = str(failure), attempts + 1
                if not kept.ready.is_set() and attempts >= ATTEMPTS_AT_FIRST:
                    raise CannotStart(f"{failure}; tried {attempts} times") from failure
            delay = FIRST_DELAY if time.monotonic() - began > LIVED_LONG else delay
            kept.restarts += 1
            self._enter(kept, "restarting")
            self._say(f"{reason}; starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _run(self, kept: SupervisedComponent) -> str:
        """One life of a component: why it ended."""
        await kept.running.launch()
        self._enter(kept, "starting")
        await kept.running.become_ready()
        kept.ready.set()
        self._enter(kept, "ready")
        code = await kept.running.process.ended()
        return f"{kept.component.name} ended ({_ending(code)})"

    def _enter(self, kept: SupervisedComponent, state: State) -> None:
        kept.state = state
        self._changed(list(self._kept.values()))


def _levels(all_kept: Mapping[str, SupervisedComponent]) -> list[list[SupervisedComponent]]:
    """Components in starting order; those of one level do not need each other."""
    levels: list[list[SupervisedComponent]] = []
    placed: set[str] = set()
    while len(placed) < len(all_kept):
        level = {
            name: kept
            for name, kept in all_kept.items()
            if name not in placed and placed.issuperset(kept.component.needs)
        }
        if not level:
            raise ValueError("the needs of the components form a circle or name one that is not there")
        levels.append([*level.values()])
        placed.update(level)
    return levels


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
