"""Carries the plan out, and starts again what died of itself, as a supervisor would."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from tests.faults.plan import Fault, Kind, service_of
from tests.faults.system import GRACE_SECONDS, System

LOOK_EVERY_SECONDS = 0.5


class Sabotage:
    """`tell` is given one line about each thing that happens."""

    def __init__(self, system: System, tell: Callable[[str], None]) -> None:
        self.system = system
        self.done: Counter[tuple[Kind, str]] = Counter()
        """How often what happened to which service or store."""
        self.finished = 0
        self.died: list[str] = []
        """What ended without being told to."""
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
        """One at a time for each process: it is up, if not ready, when the next one comes."""
        part = self.system.parts[fault.target]
        async with self._one_at_a_time[fault.target]:
            self._tell(str(fault))
            match fault.kind:
                case Kind.KILL:
                    await part.kill()
                case Kind.STOP:
                    await part.stop(GRACE_SECONDS)
                case Kind.SUSPEND:
                    part.suspend()
            self.done[fault.kind, service_of(fault.target)] += 1
            try:
                await asyncio.sleep(fault.lasts)
            finally:
                if fault.kind is Kind.SUSPEND:
                    part.resume()
            if fault.kind is not Kind.SUSPEND:
                await part.launch()
            self.finished += 1

    async def watch_over(self) -> None:
        """Until cancelled."""
        while True:
            for name, part in self.system.parts.items():
                lock = self._one_at_a_time[name]
                if lock.locked() or part.is_running:
                    continue
                async with lock:
                    code = await part.process.ended()
                    self.died.append(f"{name} ended by itself, exit code {code} ({part.log})")
                    self._tell(f"{name} ended by itself (exit code {code}) and is started again")
                    await part.launch()
            await asyncio.sleep(LOOK_EVERY_SECONDS)
