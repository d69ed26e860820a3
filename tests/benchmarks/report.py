"""The report of a benchmark: figures, each beside its baseline of the same run, as a table and as JSON."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.table import Table
from tawasul.stack.paths import REPOSITORY


@dataclass(frozen=True)
class Limit:
    """`≥ 5` or `≤ 1.5`."""

    sign: str
    bound: float

    def holds(self, number: float) -> bool:
        return number >= self.bound if self.sign == "≥" else number <= self.bound

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}"


def at_least(bound: float) -> Limit:
    return Limit("≥", bound)


def at_most(bound: float) -> Limit:
    return Limit("≤", bound)


@dataclass(frozen=True)
class Figure:
    """`bar` is on the ratio of value to baseline and decides; `target` is on the value and is only reported."""

    name: str
    value: float
    unit: str
    baseline: float
    against: str
    """Names the baseline in a few words."""
    bar: Limit | None = None
    target: Limit | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def holds(self) -> bool | None:
        if self.bar is None:
            return None
        return self.ratio is not None and self.bar.holds(self.ratio)

    @property
    def is_met(self) -> bool | None:
        return None if self.target is None else self.target.holds(self.value)

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "baseline": round(self.baseline, 3),
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "bar": str(self.bar) if self.bar else None,
            "holds": self.holds,
            "target": str(self.target) if self.target else None,
            "met": self.is_met,
            "against": self.against,
            "note": self.note,
        }


def write(figures: Sequence[Figure], file: Path) -> None:
    file.write_text(json.dumps([figure.document() for figure in figures], indent=1, ensure_ascii=False) + "\n")


def table(figures: Sequence[Figure], title: str) -> Table:
    shown = Table(title=title, title_justify="left", title_style="", show_lines=True)
    shown.add_column("figure", ratio=5)
    shown.add_column("value", justify="right", no_wrap=True)
    shown.add_column("baseline of the same run", ratio=4)
    shown.add_column("ratio", justify="right", no_wrap=True)
    shown.add_column("bar or target", no_wrap=True)
    for figure in figures:
        name = f"{figure.name}\n[dim]{figure.note}[/]" if figure.note else figure.name
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
        value = f"{_number(figure.value)} {figure.unit}"
        baseline = f"{_number(figure.baseline)} {figure.unit}: {figure.against}"
        shown.add_row(name, value, baseline, ratio, _judged(figure))
    return shown


def _judged(figure: Figure) -> str:
    if figure.bar is not None:
        return f"bar {figure.bar} [green]holds[/]" if figure.holds else f"bar {figure.bar} [red]DOES NOT HOLD[/]"
    if figure.target is not None:
        return f"target {figure.target} " + ("[green]met[/]" if figure.is_met else "[yellow]not met[/]")
    return ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def hardware(kafka: str, mongod: str) -> str:
    """One line that says enough to understand the figures, and nothing about whose machine it was."""
    cores, gigabytes = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    return f"{cores} cores, {gigabytes:.0f} GiB, Python {platform.python_version()}, Kafka {kafka}, mongod {mongod}"


def commit() -> str:
    """The commit that is checked out, and whether files are changed in it."""
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=REPOSITORY)
    return said.stdout.strip() or "unknown"


def machine(kafka: str, mongod: str, scale: float) -> str:
    """The machine that was measured. Only cores that this process may use count."""
    versions = " · ".join(f"{name} {version(name)}" for name in ("pymongo", "aiokafka", "faststream", "fastapi"))
    smaller = f" · sizes × {scale:g}: no measurement, only a try" if scale < 1 else ""
    return (
        f"{len(os.sched_getaffinity(0))} cores · Python {platform.python_version()} · {versions}\n"
        f"Kafka {kafka} · mongod {mongod} · {platform.system()} {platform.release()}{smaller}"
    )
