"""Checks before anything starts. Each finding is one line: what is wrong, and what to do."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tawasul.stack.component import CannotStart, Component
from tawasul.stack.ports import is_busy, listener
from tawasul.stack.run_file import RunFile

LAYOUT = "1"
"""Raised when the folders below the state folder change so that old data cannot be used."""
ROOM = 2_000_000_000
"""Bytes: Kafka's and MongoDB's first files, the jars, and some submissions."""


def check(state: Path, components: Sequence[Component]) -> None:
    """Raises CannotStart; nothing has been touched then."""
    check_not_running(state)
    check_layout(state)
    check_room(state, ROOM)
    check_ports(components)


def check_not_running(state: Path) -> None:
    run = RunFile(state).read()
    if run is not None:
        raise CannotStart(f"the stack is running already (process {run.supervisor}, {run.door}): `make down` stops it")


def check_layout(state: Path) -> None:
    stamp = state / "layout"
    holds_data = any((state / name).exists() for name in ("kafka", "mongod", "cluster"))
    found = stamp.read_text().strip() if stamp.exists() else "0"
    if holds_data and found != LAYOUT:
        raise CannotStart(
            f"the data in {state} were made by another version (layout {found}, this one reads {LAYOUT}): "
            "`make reset` removes them, then start again"
        )
    state.mkdir(parents=True, exist_ok=True)
    stamp.write_text(LAYOUT)


def check_room(state: Path, needed: int) -> None:
    state.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(state).free
    if free < needed:
        raise CannotStart(
            f"the disk with {state} has {free / 1e9:.1f} GB left and {needed / 1e9:.1f} GB are needed: "
            "make room, or set TAWASUL_STATE to a folder on another disk"
        )


def check_ports(components: Sequence[Component]) -> None:
    for component in components:
        for port in component.ports:
            if is_busy(port.number):
                owner = listener(port.number) or "another process"
                raise CannotStart(
                    f"port {port.number} ({port.name}) is taken by {owner}: "
                    f"stop it, or set {port.variable} to another port"
                )
