"""`make bench`: every figure beside its baseline from the same run. `STRICT=1` fails where a bar does not hold.

`ONLY=intake,relay` measures some; `BENCH_SCALE=0.02` makes everything small, to try the benchmarks themselves.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from tawasul.stack.paths import REPOSITORY

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import GROUPS
from tests.benchmarks.report import Figure, machine, table, write
from tests.benchmarks.stores import kafka_version, mongod_version

RESULTS = "bench-results.json"

console = Console(highlight=False)
if not console.is_terminal:
    console.width = 160


async def measure(names: Sequence[str], scale: float) -> tuple[list[Figure], list[str]]:
    """The figures, and the names of the groups that could not be measured."""
    figures: list[Figure] = []
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=console.is_terminal, refresh_per_second=2) as progress:
        whole = progress.add_task("", total=sum(GROUPS[name].steps for name in names))
        done = 0
        for name in names:
            taken = -1  # a step that begins says that the one before it ended

            def told(step: str) -> None:
                nonlocal taken
                taken += 1
                progress.update(whole, description=step, completed=done + min(taken, GROUPS[name].steps))  # noqa: B023
                if not console.is_terminal:
                    console.print(f"{time.strftime('%H:%M:%S')} {step}")

            try:
                figures += await GROUPS[name].measure(Bench(scale, told))
            except Exception as error:
                console.print(f"[red]{name} could not be measured:[/] {type(error).__name__}: {error}", markup=True)
                failed.append(name)
            done += GROUPS[name].steps
        progress.update(whole, completed=done)
    return figures, failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"some of: {','.join(GROUPS)}")
    parser.add_argument("--strict", action="store_true", help="fail where a bar does not hold")
    asked = parser.parse_args()
    names = [name.strip() for name in asked.only.split(",") if name.strip()] or list(GROUPS)
    if unknown := [name for name in names if name not in GROUPS]:
        parser.error(f"no such figures: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    scale = float(os.environ.get("BENCH_SCALE", "1"))
    os.chdir(REPOSITORY)
    began = time.monotonic()
    figures, failed = asyncio.run(measure(names, scale))
    write(figures, REPOSITORY / RESULTS)
    console.print(table(figures, machine(kafka_version(), mongod_version(), scale)))
    broken = [figure.name for figure in figures if figure.holds is False]
    minutes = (time.monotonic() - began) / 60
    console.print(f"{len(figures)} figures in {minutes:.1f} minutes, also in {RESULTS}")
    for name in broken:
        console.print(f"[red]bar does not hold:[/] {name}")
    return 1 if failed or (asked.strict and broken) else 0


if __name__ == "__main__":
    sys.exit(main())
