"""Small components for the supervisor's tests: real processes, doing nothing much."""

import sys
from collections.abc import Callable
from pathlib import Path

from tawasul.stack.component import CannotStart
from tawasul.stack.ports import Port

STAYS = "import signal; signal.pause()"
DIES = "print('no luck'); raise SystemExit(3)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"


class Script:
    """Runs a line of Python; ready at once, or when `ready` says so."""

    advice = "mend the test"

    def __init__(
        self,
        name: str,
        script: str = STAYS,
        needs: tuple[str, ...] = (),
        ports: tuple[Port, ...] = (),
        ready: Callable[[], bool] = lambda: True,
        patience: float = 20.0,
        missing: str = "",
    ) -> None:
        self.name = name
        self.needs = needs
        self.ports = ports
        self.patience = patience
        self._script = script
        self._ready = ready
        self._missing = missing

    def prepare(self) -> None:
        if self._missing:
            raise CannotStart(self._missing)

    def command(self) -> list[str]:
        return [sys.executable, "-c", self._script]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        return self._ready()


def noting(file: Path, name: str) -> str:
    """A script that stays, and writes its name into the file when it is asked to end."""
    note = f"open({str(file)!r}, 'a').write({name!r} + ' ')"
    return (
        f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: ({note}, sys.exit()));"
        f"open({str(file.with_suffix('.' + name))!r}, 'w').close(); signal.pause()"
    )
