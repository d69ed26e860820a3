"""Back up all four databases and what was on its way between them at one moment; restore it. Runbook: Backup."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from pymongo.errors import OperationFailure, PyMongoError
from rich.console import Console
from rich.markup import escape

from tawasul.backup.folder import ERASED_SINCE, checked
from tawasul.backup.journal import follow as follow_
from tawasul.backup.refusal import Refused
from tawasul.backup.restore import Restored
from tawasul.backup.restore import restore as restore_
from tawasul.backup.stores import stores_of_the_environment
from tawasul.backup.take import take as take_

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

Folder = Annotated[Path, typer.Argument(help="of one backup")]


@contextlib.contextmanager
def _refusals(broken_off: str = "") -> Iterator[None]:
    """`broken_off`: what to do when a store went away in the middle."""
    try:
        yield
    except Refused as refused:
        console.print(f"[red]not done:[/] {escape(str(refused))}")
        raise typer.Exit(1) from None
    except (PyMongoError, KafkaError, OSError) as error:
        console.print(f"[red]not done:[/] {type(error).__name__}: {escape(_why(error))}")
        if broken_off:
            console.print(broken_off)
        raise typer.Exit(2) from None


def _why(error: Exception) -> str:
    """MongoDB's words about a write that failed may hold the document."""
    return f"code {error.code}" if isinstance(error, OperationFailure) else str(error)[:300]


@app.command()
def take(folder: Folder) -> None:
    """Back up the system at work into a new folder."""
    with _refusals():
        manifest = asyncio.run(take_(stores_of_the_environment(), folder))
    documents = sum(each.entries for name, each in manifest.files.items() if name.startswith("mongodb/"))
    records = sum(each.entries for name, each in manifest.files.items() if name.startswith("kafka/"))
    console.print(f"{documents} documents and {records} records as of {manifest.at:%Y-%m-%d %H:%M:%S} UTC in {folder}")


@app.command()
def follow(
    folder: Folder,
    until_now: Annotated[bool, typer.Option(help="note what there is and end; otherwise go on until stopped")] = False,
) -> None:
    """Note beside a backup whom the system tells and erases from then on, so that a restore tells nobody again."""
    with _refusals(), contextlib.suppress(KeyboardInterrupt):
        noted = asyncio.run(follow_(stores_of_the_environment(), folder, until_now))
        console.print(f"{noted} noted")


@app.command()
def check(folder: Folder) -> None:
    """Whether a backup is whole and as it was written. Exit code 1 when not."""
    with _refusals():
        manifest = checked(folder)
    console.print(f"whole: {len(manifest.files)} files as of {manifest.at:%Y-%m-%d %H:%M:%S} UTC")


def restore(
    folder: Folder,
    overwrite: Annotated[bool, typer.Option(help="replace what the databases and topics hold now")] = False,
    without_journal: Annotated[bool, typer.Option(help="although people may be told a second time")] = False,
) -> None:
    """Put a backup back, with all services stopped; they finish what was on its way when they start."""
    with _refusals("start no service: what is there may be half of it. Restore again with --overwrite"):
        restored = asyncio.run(restore_(stores_of_the_environment(), folder, overwrite, without_journal))
    _tell(restored, folder)


def _tell(restored: Restored, folder: Path) -> None:
    console.print(
        f"{restored.documents} documents and {restored.records} records are back as of "
        f"{restored.at:%Y-%m-%d %H:%M:%S} UTC; {restored.told} that were told since are not told again"
    )
    if restored.told_until:
        console.print(f"what was told is known until {restored.told_until:%Y-%m-%d %H:%M:%S} UTC")
    if restored.lost:
        console.print(f"[yellow]{len(restored.lost)} submissions filed after the backup are lost:[/]")
        for id in sorted(restored.lost):
            console.print(f"  {id}")
    console.print("start the services, then before anyone is let in:")
    console.print(f"  tawasul erasures again {folder / ERASED_SINCE}    # {restored.erased} since the backup")
