"""`.state/run.json`: what runs at the moment, for `status`, `down` and `logs`."""

import os
from collections.abc import Sequence
from pathlib import Path

import psutil
from pydantic import BaseModel, ValidationError

from tawasul.stack.supervisor import SupervisedComponent


class ComponentStatus(BaseModel):
    name: str
    state: str
    pid: int | None
    ports: list[int]
    restarts: int


class Run(BaseModel):
    supervisor: int
    born: float
    """Creation time of the supervisor's process: ids are used again, births are not."""
    door: str
    parts: list[ComponentStatus]

    @property
    def is_alive(self) -> bool:
        try:
            return abs(psutil.Process(self.supervisor).create_time() - self.born) < 1
        except psutil.NoSuchProcess:
            return False


class RunFile:
    def __init__(self, state: Path) -> None:
        self._file = state / "run.json"

    def read(self) -> Run | None:
        """The stack that runs now; None too when the file is left over from one that was killed."""
        try:
            run = Run.model_validate_json(self._file.read_text())
        except (FileNotFoundError, ValidationError):
            return None
        return run if run.is_alive else None

    def write(self, kept: Sequence[SupervisedComponent], door: str) -> None:
        parts = [
            ComponentStatus(
                name=each.component.name,
                state=each.state,
                pid=each.pid,
                ports=[port.number for port in each.component.ports],
                restarts=each.restarts,
            )
            for each in kept
        ]
        mine = psutil.Process()
        run = Run(supervisor=mine.pid, born=mine.create_time(), door=door, parts=parts)
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(run.model_dump_json(indent=2))
        os.replace(unfinished, self._file)

    def remove(self) -> None:
        self._file.unlink(missing_ok=True)
