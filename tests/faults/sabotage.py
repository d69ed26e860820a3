"""Carries the plan out, and starts again what died of itself, as a supervisor would."""

import asyncio
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from tawasul.stack.running import Running

from tests.faults.plan import Fault, Kind, one_at_a_time, service_of
from tests.faults.rollback import RolledBack, roll_back
from tests.faults.stores import Three, step_down, until_whole
from tests.faults.system import GRACE_SECONDS, System

LOOK_EVERY_SECONDS = 0.5
GIVES_UP_SECONDS = 30.0
NOT_A_BYTE_MORE = 1
"""The largest size that a file may then be written to."""


class Harm(Protocol):
    """Does harm to a system while it is at work, and records what came of it."""

    done: Counter[tuple[Kind, str]]
    finished: int
    died: list[str]
    rollbacks: list[RolledBack]

    async def carry_out(self, plan: Sequence[Fault]) -> None: ...
    async def watch_over(self) -> None: ...


class Sabotage:
    """`tell` is given one line about each thing that happens."""

    def __init__(self, system: System, tell: Callable[[str], None]) -> None:
        self.system = system
        self.done: Counter[tuple[Kind, str]] = Counter()
        """How often what happened to which service or store."""
        self.finished = 0
        self.died: list[str] = []
        """Processes that ended without being told to."""
        self.rollbacks: list[RolledBack] = []
        self._tell = tell
        self._one_at_a_time: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def kills_of(self, *names: str) -> int:
        return sum(count for (kind, name), count in self.done.items() if kind is Kind.KILL and name in names)

    async def carry_out(self, plan: Sequence[Fault]) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in plan:
                await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
                group.create_task(self._commit(fault))

    async def _commit(self, fault: Fault) -> None:
        """One at a time for each process: it is up, if not ready, when the next one comes. A cluster is whole then."""
        async with self._one_at_a_time[one_at_a_time(fault.target)]:
            part = await self.system.hit(fault.target)
            name = part.component.name
            self._tell(str(fault) if name == service_of(fault.target) else f"{fault}: {name}")
            self.done[fault.kind, service_of(fault.target)] += 1
            match fault.kind:
                case Kind.SUSPEND:
                    await self._hold_up(part, fault.lasts)
                case Kind.STEP_DOWN:
                    await step_down(self.system.stores.uri)
                case Kind.ROLL_BACK:
                    assert isinstance(self.system.stores, Three)
                    self.rollbacks.append(await roll_back(self.system.stores, fault.lasts))
                case _:
                    await self._end(part, fault.kind)
                    await asyncio.sleep(fault.lasts)
                    await part.launch()
            if fault.target in ("kafka", "mongod"):
                await until_whole(self.system.stores, fault.target)
            self.finished += 1

    async def _hold_up(self, part: Running, seconds: float) -> None:
        part.suspend()
        try:
            await asyncio.sleep(seconds)
        finally:
            part.resume()

    async def _end(self, part: Running, kind: Kind) -> None:
        match kind:
            case Kind.KILL:
                await part.kill()
            case Kind.STOP:
                await part.stop(GRACE_SECONDS)
            case Kind.FILL:
                await self._fill_its_disk(part)

    async def _fill_its_disk(self, part: Running) -> None:
        """Every write fails from now on. A broker whose only disk fails ends itself; when it comes back there is room.

        By a limit of the process: filling a real disk would take one that nobody else needs.
        """
        pid = part.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (NOT_A_BYTE_MORE, most))
        try:
            await asyncio.wait_for(part.process.ended(), GIVES_UP_SECONDS)
        except TimeoutError:
            self.died.append(f"{part.component.name} stayed although it could write nothing ({part.log})")
            await part.kill()

    async def watch_over(self) -> None:
        """Until cancelled."""
        while True:
            for name, part in self.system.parts.items():
                lock = self._one_at_a_time[one_at_a_time(name)]
                if lock.locked() or part.is_running:
                    continue
                async with lock:
                    code = await part.process.ended()
                    self.died.append(f"{name} ended by itself, exit code {code} ({part.log})")
                    self._tell(f"{name} ended by itself (exit code {code}) and is started again")
                    await part.launch()
            await asyncio.sleep(LOOK_EVERY_SECONDS)
