"""`tawasul`: the command-line tool. Each command is told in one line by `tawasul --help`."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tawasul import audit, dead_letters, erasures, load_country, reconcile, sbom, schemas, trace
from tawasul.backup import command as backup
from tawasul.capacity.command import capacity
from tawasul.dashboards.command import dashboards
from tawasul.demo import report
from tawasul.demo.country import Country
from tawasul.demo.run import Outcome, demonstrate
from tawasul.importing.command import import_
from tawasul.print_report import report as print_report
from tawasul.replay_history import replay_history
from tawasul.stack import log_files
from tawasul.stack.component import CannotStart
from tawasul.stack.local import local_stack
from tawasul.stack.run_file import Run, RunFile
from tawasul.stack.settings import StackSettings
from tawasul.stack.up import stack
from tawasul.train_routing import train_routing

DATA = (
    *("kafka", "mongod", "cluster", "mail", "logs", "secrets", "door", "imports", "prometheus"),
    *("samples-filed", "layout", "run.json"),
)
"""Entries of the state folder that `reset` removes."""

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(audit.app, name="audit")
app.add_typer(erasures.app, name="erasures")
app.add_typer(backup.app, name="backup")
app.command()(backup.restore)
app.command()(schemas.schemas)
app.command()(load_country.load_country)
app.command()(trace.trace)
app.command()(reconcile.reconcile)
app.command()(sbom.sbom)
app.command()(dashboards)
app.command("import")(import_)
app.command()(replay_history)
app.command("report")(print_report)
app.command()(capacity)
app.command()(train_routing)
console = Console(highlight=False)
if not console.is_terminal:
    console.width = 160  # a log file has room for the tables


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Prints a refusal in one line, without a traceback."""
    try:
        yield
    except (CannotStart, reconcile.Refused) as reason:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]tawasul:[/] {escape(str(reason))}")
        raise typer.Exit(1) from None


@app.command()
def up() -> None:
    """Start the whole system and stay until Ctrl-C."""
    with _refusals(), contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_up(StackSettings()))


async def _up(settings: StackSettings) -> None:
    async with stack(settings, local_stack(settings), console):
        filed_before = settings.state / "samples-filed"
        if filed_before.exists():
            console.print("the sample submissions were filed at an earlier start; `make demo` files them again")
        else:
            report.show_sums(console, await _demonstrate(settings))
            filed_before.touch()
        report.show_addresses(console, settings)
        report.show_sign_ins(console, Country().officials())
        console.print(f"Tawasul is up: {settings.door_url} (Ctrl-C stops it)")
        await asyncio.Event().wait()


@app.command()
def demo() -> None:
    """As up, ending by itself: exit code 0 only if every sample submission made its whole way."""
    with _refusals():
        try:
            outcome = asyncio.run(_demo(StackSettings()))
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise typer.Exit(130) from None
    report.show_sums(console, outcome)
    if outcome.reconciliation is not None:
        reconcile.show(console, outcome.reconciliation)
    raise typer.Exit(0 if outcome.is_well else 1)


async def _demo(settings: StackSettings) -> Outcome:
    """In the stack that runs, otherwise in one of its own."""
    if RunFile(settings.state).read() is not None:
        return await _demonstrate_and_reconcile(settings)
    async with stack(settings, local_stack(settings), console):
        return await _demonstrate_and_reconcile(settings)


async def _demonstrate_and_reconcile(settings: StackSettings) -> Outcome:
    outcome = await _demonstrate(settings)
    with console.status("comparing what the services have of one another …"):
        outcome.reconciliation = await reconcile.reconciled(settings)
    return outcome


async def _demonstrate(settings: StackSettings) -> Outcome:
    outcome = await demonstrate(settings, console, Country())
    report.show_table(console, outcome)
    return outcome


@app.command()
def down(patience: Annotated[float, typer.Option(help="seconds to wait for it")] = 60) -> None:
    """Stop the running system."""
    run = RunFile(StackSettings().state).read()
    if run is None:
        console.print("nothing is running")
        return
    supervisor = psutil.Process(run.supervisor)
    supervisor.terminate()
    try:
        supervisor.wait(patience)
    except psutil.TimeoutExpired:
        supervisor.kill()  # the kernel ends its children with it
        console.print(f"it did not stop within {patience:.0f} s and was killed")
    else:
        console.print("stopped")


@app.command()
def status() -> None:
    """Show what runs: state, process, ports, restarts. Exit code 1 when not everything is ready."""
    run = RunFile(StackSettings().state).read()
    if run is None:
        console.print("nothing is running: `make up` starts it")
        raise typer.Exit(1)
    console.print(_status_table(run))
    if any(part.state != "ready" for part in run.parts):
        raise typer.Exit(1)


def _status_table(run: Run) -> Table:
    table = Table("component", "state", "process", "ports", "restarts", title=f"Tawasul at {run.door}")
    for part in run.parts:
        ports = ", ".join(map(str, part.ports))
        table.add_row(part.name, part.state, str(part.pid or "-"), ports, str(part.restarts))
    return table


@app.command()
def logs(
    service: Annotated[str, typer.Argument(help="one component; all without")] = "",
    last: Annotated[int, typer.Option(help="lines of the past to begin with")] = 50,
    follow: Annotated[bool, typer.Option(help="stay and show new lines")] = True,
) -> None:
    """Show the log of one component or of all, each line with its component's name."""
    folder = StackSettings().logs
    files = sorted(folder.glob("*.log"))
    chosen = [file for file in files if service in ("", file.stem)]
    with _refusals():
        if not chosen:
            known = ", ".join(file.stem for file in files) or "none yet, `make up` first"
            raise CannotStart(f"there is no log of '{service}'; logs there are: {known}")
    with contextlib.suppress(KeyboardInterrupt):
        for line in log_files.lines(chosen, last, follow):
            typer.echo(line)


@app.command()
def reset() -> None:
    """Remove all data of the local stack; what was downloaded stays."""
    settings = StackSettings()
    with _refusals():
        if RunFile(settings.state).read() is not None:
            raise CannotStart("the stack is running: `make down` first")
    for name in DATA:
        entry = settings.state / name
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    console.print(f"the data in {settings.state} are gone")


if __name__ == "__main__":
    app()
