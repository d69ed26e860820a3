"""The supervisor: order, restarts with back-off, giving up at the first start, and leaving nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from tawasul.stack.component import CannotStart, Component
from tawasul.stack.supervisor import SupervisedComponent, Supervisor

from tests.support.eventually import PATIENCE_SECONDS
from tests.unit.deploy.components import DEAF, DIES, STAYS, Script, noting


class Watch:
    """Follows a supervisor: what it said, which states were entered, and who runs."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.entered: list[tuple[str, str]] = []
        self.pids: dict[str, int] = {}
        self._states: dict[str, str] = {}
        self._news = asyncio.Event()

    def changed(self, all_kept: Sequence[SupervisedComponent]) -> None:
        for kept in all_kept:
            name = kept.component.name
            if self._states.get(name) != kept.state:
                self.entered.append((name, kept.state))
            self._states[name] = kept.state
            if kept.pid is not None:
                self.pids[name] = kept.pid
        self._news.set()

    async def until(self, name: str, state: str, times: int = 1) -> None:
        """Wait until the component has entered the state so often."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.entered.count((name, state)) < times:
                self._news.clear()
                await self._news.wait()


def supervise(watch: Watch, logs: Path, *components: Component) -> Supervisor:
    return Supervisor(components, logs, watch.said.append, watch.changed)


async def test_starts_in_the_order_of_needs_and_stops_in_reverse(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def a_component(name: str, needs: tuple[str, ...] = ()) -> Script:
        # Ready only once the script listens to SIGTERM, so that its note is certain.
        return Script(name, noting(order, name), needs, ready=(tmp_path / f"order.{name}").exists)

    watch = Watch()
    supervisor = supervise(
        watch, tmp_path, a_component("door", ("service",)), a_component("service", ("store",)), a_component("store")
    )
    await supervisor.start()
    await supervisor.stop()
    ready = [name for name, state in watch.entered if state == "ready"]
    assert ready == ["store", "service", "door"]
    assert order.read_text().split() == ["door", "service", "store"]


async def test_what_dies_is_started_again_and_later_each_time(tmp_path: Path) -> None:
    watch = Watch()
    supervisor = supervise(watch, tmp_path, Script("router"))
    await supervisor.start()
    try:
        for life in (1, 2):
            os.kill(watch.pids["router"], signal.SIGKILL)
            await watch.until("router", "ready", times=life + 1)
        assert watch.said == [
            "router ended (signal 9); starting it again in 0.5 s",
            "router ended (signal 9); starting it again in 1 s",
        ]
    finally:
        await supervisor.stop()


async def test_a_first_start_that_fails_is_given_up_with_nothing_left(tmp_path: Path) -> None:
    watch = Watch()
    supervisor = supervise(watch, tmp_path, Script("kafka"), Script("intake", DIES, ready=lambda: False))
    with pytest.raises(
        CannotStart, match=r"intake ended at start, exit code 3 \(“no luck”\): mend the test .*; tried 3 times"
    ):
        await supervisor.start()
    assert not psutil.pid_exists(watch.pids["kafka"])


async def test_patience_ends(tmp_path: Path) -> None:
    watch = Watch()
    supervisor = supervise(watch, tmp_path, Script("mongod", STAYS, ready=lambda: False, patience=0.1))
    with pytest.raises(CannotStart, match=r"mongod was not ready within 0 s"):
        await supervisor.start()
    assert not psutil.pid_exists(watch.pids["mongod"])


async def test_what_is_missing_is_said_before_anything_starts(tmp_path: Path) -> None:
    watch = Watch()
    supervisor = supervise(watch, tmp_path, Script("mongod"), Script("kafka", missing="there is no mvn"))
    with pytest.raises(CannotStart, match="there is no mvn"):
        await supervisor.start()
    assert watch.pids == {}


async def test_who_does_not_want_to_end_is_made_to(tmp_path: Path) -> None:
    watch, log = Watch(), tmp_path / "deaf.log"
    supervisor = supervise(
        watch, tmp_path, Script("deaf", DEAF, ready=lambda: log.exists() and "deaf" in log.read_text())
    )
    await supervisor.start()
    await supervisor.stop(grace=0.1)
    assert not psutil.pid_exists(watch.pids["deaf"])


async def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    watch = Watch()
    supervisor = supervise(watch, tmp_path, Script("store"), Script("slow", ready=lambda: False))
    start = asyncio.create_task(supervisor.start())
    await watch.until("store", "ready")
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not any(psutil.pid_exists(pid) for pid in watch.pids.values())


async def test_needs_in_a_circle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="circle"):
        supervise(Watch(), tmp_path, Script("a", needs=("b",)), Script("b", needs=("a",)))


PARENT = """
import asyncio, sys
from pathlib import Path
from tawasul.stack.supervisor import Supervisor
from tests.unit.deploy.components import DEAF, Script

async def main():
    log = Path(sys.argv[1]) / "child.log"
    child = Script("child", DEAF, ready=lambda: log.exists() and "deaf" in log.read_text())
    supervisor = Supervisor([child], log.parent, changed=lambda kept: print(kept[0].state, kept[0].pid, flush=True))
    await supervisor.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        states = (line.split() for line in parent.stdout)
        child = psutil.Process(next(int(pid) for state, pid in states if state == "ready"))
        parent.kill()
        parent.wait()
        child.wait(timeout=10)
    assert not child.is_running()
