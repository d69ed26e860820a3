"""`tawasul import FILE --mapping MAP`: the command, its options and its exit code."""

import asyncio
import contextlib
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tawasul.importing import report
from tawasul.importing.bearer import from_file, from_local_stack
from tawasul.importing.opening import Order, opened
from tawasul.importing.pace import AtOnce, FixedRate, Pace, Replay
from tawasul.importing.refusal import CannotImport
from tawasul.importing.rows import Damaged
from tawasul.importing.run import Run
from tawasul.stack.identity import ADMINISTRATOR
from tawasul.stack.settings import StackSettings

INTERRUPTED = 130
SHOWN_EVERY_SECONDS = 0.25

err = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False)
if not out.is_terminal:
    out.width = 160  # a log file has room for the table


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a header line, .csv or .csv.gz")],
    mapping: Annotated[Path, typer.Option(help="YAML: which columns make a submission")],
    url: Annotated[str | None, typer.Option(help="the door; that of the local stack without")] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="rows a second; as fast as it goes without")] = None,
    times: Annotated[float | None, typer.Option(min=0.001, help="replay by the time column, times as fast")] = None,
    resume: Annotated[bool, typer.Option("--resume/--restart", help="go on where it was interrupted, or anew")] = True,
    rejects: Annotated[Path | None, typer.Option(help="CSV of rows not filed; in the state folder without")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="stop after so many rows; the next run goes on")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="an administrator's access token; the local one without")
    ] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=1_000, help="requests under way at once")] = 64,
    patience: Annotated[float, typer.Option(min=1, help="seconds to wait for a service that takes nothing")] = 300,
    json: Annotated[bool, typer.Option("--json", help="print the sums as JSON")] = False,
) -> None:
    """File any CSV of requests through the public API; every row is accounted for.

    A row is known by its key columns: sent again, by the same account, it is recognised and not filed twice. Exit code
    0: every row is decided; 1: rows failed for technical reasons, or it could not go on; 130: interrupted.
    """
    stack = StackSettings()
    try:
        order = Order(
            file=file,
            mapping=mapping,
            url=(url or stack.door_url).rstrip("/"),
            bearer=from_file(token_file) if token_file else from_local_stack(stack.issuer, str(ADMINISTRATOR["sub"])),
            pace=_pace(rate, times),
            state=stack.state / "imports",
            rejects=rejects,
            resume=resume,
            limit=limit,
            in_flight=in_flight,
            patience=patience,
        )
        code = asyncio.run(_import(order, json))
    except (CannotImport, OSError) as reason:
        _say("red", str(reason))
        code = 1
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise typer.Exit(code)


def _pace(rate: float | None, times: float | None) -> Pace:
    if rate and times:
        raise CannotImport("--rate and --times exclude each other")
    if times:
        return Replay(times)
    return FixedRate(rate) if rate else AtOnce()


async def _import(order: Order, json: bool) -> int:
    async with contextlib.AsyncExitStack() as stack:
        with err.status(f"asking {order.url} …"):
            run = await stack.enter_async_context(opened(order))
        if run.began_at:
            err.print(f"going on after row {run.began_at:,}, where the last run ended (--restart begins anew)")
        began = time.monotonic()
        trouble = await _watched(run)
        seconds, rows = time.monotonic() - began, run.progress.sums.rows - run.began_at
        if json:
            typer.echo(report.as_json(run.progress, seconds, rows, run.journal.path))
        else:
            out.print(report.table(run.progress, seconds, rows))
        return _concluded(run, trouble)


async def _watched(run: Run) -> str | None:
    """Run it to its end under the progress bar; what kept it from going on, if anything did."""
    loop, bar = asyncio.get_running_loop(), report.progress_bar(run, err)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.stop.set)
    with bar:
        running = asyncio.create_task(run.run())
        while not running.done():
            await asyncio.wait({running}, timeout=SHOWN_EVERY_SECONDS)
            report.move(bar, run)
    try:
        running.result()
    except (CannotImport, Damaged, OSError) as reason:
        return str(reason)
    return None


def _concluded(run: Run, trouble: str | None) -> int:
    sums = run.progress.sums
    if trouble:
        _say("red", trouble)
    is_interrupted = run.stop.is_set() and not run.progress.finished
    if not run.progress.finished:
        _say("yellow", f"stopped after row {sums.rows:,}: the same command again goes on there")
    if trouble or sums.failed or not sums.balance:
        return 1
    return INTERRUPTED if is_interrupted else 0


def _say(colour: str, text: str) -> None:
    err.print(f"[{colour}]tawasul:[/] ", end="")
    err.print(text, markup=False)
