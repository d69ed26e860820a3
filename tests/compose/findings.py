"""What a check has found, for a person to read: one line each, as soon as it is known."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
from rich.console import Console
from rich.markup import escape

from tests.compose.project import Failed

ENDS_A_PHASE = (Failed, ExceptionGroup, httpx2.HTTPError, AssertionError, subprocess.SubprocessError)


@dataclass
class Findings:
    console: Console
    failed: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    passed: int = 0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What ends one phase before its time does not keep the others from being looked at."""
        self.console.print(f"[bold]── {escape(name)}[/bold]")
        try:
            yield
        except ENDS_A_PHASE as error:
            self.expect(False, f"{name}: could be carried out", repr(error))

    def expect(self, is_so: bool, what: str, found: str = "") -> None:
        """`found`: what was seen, told where it is not so."""
        if is_so:
            self.passed += 1
            self.console.print(f"  ok      {escape(what)}")
        else:
            self.failed.append(what)
            self.console.print(f"  [red]FAILED[/red]  {escape(what)}{escape(f': {found}' if found else '')}")

    def not_to_be_had(self, what: str, why: str) -> None:
        self.not_run.append(what)
        self.console.print(f"  [yellow]NOT RUN[/yellow] {escape(what)}: {escape(why)}")

    def sum_up(self) -> bool:
        """Whether all is well."""
        for what in self.failed:
            self.console.print(f"[red]FAILED[/red] {escape(what)}")
        for what in self.not_run:
            self.console.print(f"[yellow]NOT RUN[/yellow] {escape(what)}")
        self.console.print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.not_run)} not run")
        return not self.failed
