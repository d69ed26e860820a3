"""One child process on a leash: its own process group, its own log file, and no life after ours."""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    # Runs in the child before exec. The kernel then kills it when the thread that started it ends, however that
    # happens: not even `kill -9` of the supervisor leaves a broker behind.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """Start from the main thread: the leash is tied to the thread that starts the child.

    Output goes straight to the log file, not through a pipe, so that a busy or stopped parent never blocks the child.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._log = log
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise RuntimeError("not started")
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    async def start(self) -> None:
        if self.is_running:
            raise RuntimeError(f"{self._command[0]} is running already")
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                env={**os.environ, **self._environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    async def ended(self) -> int:
        """Wait until it ends; the exit code (negative: the signal)."""
        if self._child is None:
            raise RuntimeError("not started")
        return await self._child.wait()

    async def stop(self, grace: float = 15.0) -> None:
        """Ask to end, wait, then insist. Does nothing when it is not running."""
        if not self.is_running:
            return
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        try:
            await asyncio.wait_for(self.ended(), grace)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        if self.is_running:
            self._signal(signal.SIGKILL)
            await self.ended()

    def suspend(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)
