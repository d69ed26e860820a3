"""`make mutants`: plant each fault in a copy of the sources and see which test finds it first.

Fails where fewer than `FEWEST_CAUGHT` of all are found. A fault that lets no test begin, as a service would not start
with it, counts as found.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from tests.planted_faults.faults import FAULTS, Fault
from tests.planted_faults.selection import SELECTION
from tests.planted_faults.sources import PACKAGE_ROOTS, NotPlanted, Scratch

FEWEST_CAUGHT = 28
LONGEST_TEST_SECONDS = 120
NOT_CAUGHT = "NOT CAUGHT"
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+(?: \S+)*?)(?: - .*)?$", re.MULTILINE)

console = Console(highlight=False)
if not console.is_terminal:
    console.width = 200


class Unusable(Exception):
    """What the tests say of the copy says nothing of the faults."""


@dataclass(frozen=True)
class Outcome:
    number: int
    fault: Fault
    caught_by: str | None
    seconds: float


def first_failure(scratch: Scratch) -> str | None:
    """The first test of the selection that fails on the copy as it is now; None where none does."""
    options = [
        "-x",
        "-q",
        "-rfE",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "--hypothesis-profile=unshrunk",
        f"--timeout={LONGEST_TEST_SECONDS}",
    ]
    command = [sys.executable, "-m", "pytest", *options, *SELECTION]
    done = subprocess.run(command, cwd=scratch.root, env=scratch.environment, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    found = FAILED.search(done.stdout)
    return found.group(1) if found else f"exit {done.returncode}: {_last_line(done.stdout or done.stderr)}"


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")[:120]


def check_usable(scratch: Scratch) -> None:
    """Raises Unusable where the copy is not what is tested, or where the tests fail on it without any fault."""
    packages = [Path(each).name.replace("-", "_") for each in PACKAGE_ROOTS if each != "deploy"]
    ask = f"import {', '.join(packages)}; print(*(each.__path__[0] for each in ({', '.join(packages)})), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=scratch.root, env=scratch.environment, capture_output=True, text=True
    )
    places = done.stdout.splitlines()
    if len(places) != len(packages) or not all(Path(place).is_relative_to(scratch.root) for place in places):
        raise Unusable(f"the packages are not those of the copy: {places} {done.stderr[-300:]}")
    if (failing := first_failure(scratch)) is not None:
        raise Unusable(f"without any fault this fails: {failing}")


def look_for(number: int, fault: Fault, scratch: Scratch) -> Outcome:
    began = time.monotonic()
    with scratch.with_fault(fault.edits):
        caught_by = first_failure(scratch)
    return Outcome(number, fault, caught_by, time.monotonic() - began)


def table_of(outcomes: Sequence[Outcome]) -> Table:
    caught = Column("caught by", overflow="fold")
    table = Table("", "between", "what it breaks", caught, "s", show_lines=True)
    for each in outcomes:
        caught_by = escape(each.caught_by) if each.caught_by else f"[bold red]{NOT_CAUGHT}[/]"
        row = (str(each.number), each.fault.between, each.fault.breaks, caught_by, f"{each.seconds:.0f}")
        table.add_row(*row)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="numbers of faults, as 3,17")
    asked = parser.parse_args()
    numbers = [int(each) for each in asked.only.split(",") if each.strip()] or list(range(1, len(FAULTS) + 1))
    if unknown := [number for number in numbers if not 1 <= number <= len(FAULTS)]:
        parser.error(f"no such faults: {unknown}; there are 1 to {len(FAULTS)}")
    began = time.monotonic()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="tawasul-faults-") as folder:
        scratch = Scratch(Path(folder).resolve())
        try:
            check_usable(scratch)
            for number in numbers:
                outcomes.append(look_for(number, FAULTS[number - 1], scratch))
                last = outcomes[-1]
                console.print(f"{number:>3}  {last.seconds:4.0f} s  {last.caught_by or NOT_CAUGHT}", markup=False)
        except (NotPlanted, Unusable) as error:
            console.print(f"[bold red]{type(error).__name__}:[/] ", end="")
            console.print(str(error), markup=False)
            return 2
    console.print(table_of(outcomes))
    caught = sum(outcome.caught_by is not None for outcome in outcomes)
    fewest = FEWEST_CAUGHT if len(outcomes) == len(FAULTS) else len(outcomes)
    console.print(f"{caught} of {len(outcomes)} faults caught in {(time.monotonic() - began) / 60:.1f} minutes")
    return 0 if caught >= fewest else 1


if __name__ == "__main__":
    sys.exit(main())
