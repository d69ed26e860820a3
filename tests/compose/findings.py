"""What a check has found, for a person to read: one line each, as soon as it is known."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass
class Findings:
    console: Console
    failed: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    passed: int = 0

    def phase(self, name: str) -> None:
        self.console.print(f"[bold]── {escape(name)}[/bold]")

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
