"""The local stack for as long as a `with` lasts: checked, started, and stopped again whatever happens inside."""

import asyncio
import contextlib
import fcntl
import functools
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from rich.console import Console

from tawasul.stack import preflight
from tawasul.stack.component import CannotStart, Component
from tawasul.stack.run_file import RunFile
from tawasul.stack.settings import StackSettings
from tawasul.stack.supervisor import SupervisedComponent, Supervisor


@contextlib.asynccontextmanager
async def stack(settings: StackSettings, components: Sequence[Component], console: Console) -> AsyncIterator[None]:
    """Ctrl-C and SIGTERM cancel what runs inside. Belongs in the main thread."""
    preflight.check(settings.state, components)
    run_file, news = RunFile(settings.state), News(console)

    def changed(kept: Sequence[SupervisedComponent]) -> None:
        run_file.write(kept, settings.door_url)
        news.tell(kept)

    say = functools.partial(console.print, style="yellow", markup=False)
    supervisor = Supervisor(components, settings.logs, say, changed)
    with _alone(settings.state), _cancelled_by_signals():
        try:
            with console.status("starting …"):
                await supervisor.start()
            yield
        finally:
            news.over = True
            console.print("stopping …")
            await asyncio.shield(supervisor.stop())
            run_file.remove()


class News:
    """Says once for each component that it is ready."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._told: set[str] = set()
        self.over = False

    def tell(self, all_kept: Sequence[SupervisedComponent]) -> None:
        for kept in all_kept:
            component = kept.component
            if kept.state == "ready" and component.name not in self._told and not self.over:
                self._told.add(component.name)
                ports = ", ".join(str(port.number) for port in component.ports)
                seconds = time.monotonic() - self._began
                self._console.print(f"  [green]✓[/] {component.name:12} port {ports:12} ready after {seconds:4.1f} s")


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Two starts at the same moment both pass the preflight; only one gets in here."""
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"another start with {state} is under way: wait for it, or `make down`") from None
        yield


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def cancel_once() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: None)  # stopping has begun and ends by itself
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, cancel_once)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
