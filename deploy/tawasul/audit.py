"""The audit trails: who read or changed personal data. Export one, and verify that nothing in it was touched."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.markup import escape
from shared.privacy.audit import RECORDS, SEALS, read_keys
from shared.privacy.audit_chain import Entry, Verdict, verify
from shared.storage.mongo import connect

from tawasul.stack import keys
from tawasul.stack.settings import DATABASES, StackSettings

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

MongoUri = Annotated[str, typer.Option(help="where the trails are; without it the local stack's MongoDB")]
Database = Annotated[list[str] | None, typer.Option(help="one trail, may be given again; without it all services'")]
Expected = Annotated[str | None, typer.Option("--expect", help="hash of a seal that must be there, from a log")]


@app.command("verify")
def verify_(
    file: Annotated[Path | None, typer.Option(help="an export, instead of a database")] = None,
    mongo_uri: MongoUri = "",
    database: Database = None,
    expected: Expected = None,
) -> None:
    """Say whether the trails are whole, and name the first broken record of each chain. Exit code 1 when one is not.

    Needs no running service. Signatures are checked with TAWASUL_AUDIT_KEYS, or with the local stack's key.
    """
    settings = StackSettings()
    ring = _keys(settings)
    if not ring:
        console.print("[yellow]without TAWASUL_AUDIT_KEYS the seals' signatures are not checked[/]")
    trails = {str(file): _from_file(file)} if file else asyncio.run(_from_mongo(settings, mongo_uri, database))
    whole = True
    for name, (records, seals) in trails.items():
        whole &= _tell(name, verify(records, seals, ring, expected))
    raise typer.Exit(0 if whole else 1)


@app.command()
def export(
    database: Annotated[str, typer.Argument(help="tawasul_router, for example")],
    file: Annotated[Path, typer.Argument(help="one JSON object a line: records, then seals")],
    mongo_uri: MongoUri = "",
) -> None:
    """Write one trail to a file, for keeping elsewhere and for `verify --file`."""
    count = asyncio.run(_export(StackSettings(), mongo_uri, database, file))
    console.print(f"{count} records and seals of {database} are in {file}")


def _tell(name: str, verdict: Verdict) -> bool:
    sums = f"{verdict.records} records in {verdict.chains} chains, {verdict.seals} seals"
    sums += f", {verdict.unsealed} records not sealed yet"
    if not verdict.faults:
        console.print(f"{escape(name)}: [green]whole[/], {sums}")
        return True
    console.print(f"{escape(name)}: [red]BROKEN[/], {sums}")
    for fault in verdict.faults:
        console.print(f"  {escape(fault)}")
    return False


def _keys(settings: StackSettings) -> list[bytes]:
    if settings.audit_keys is not None:
        return read_keys(settings.audit_keys.get_secret_value())
    folder = settings.state / "secrets"
    return read_keys(keys.audit_key(folder)) if (folder / "audit.key").exists() else []


def _from_file(file: Path) -> tuple[list[Entry], list[Entry]]:
    records: list[Entry] = []
    seals: list[Entry] = []
    try:
        for line in file.read_text().splitlines():
            entry: Entry = json.loads(line)
            (seals if "number" in entry else records).append(entry)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} cannot be read as an export: {error}") from error
    return records, seals


async def _from_mongo(
    settings: StackSettings, uri: str, names: list[str] | None
) -> dict[str, tuple[list[Entry], list[Entry]]]:
    trails: dict[str, tuple[list[Entry], list[Entry]]] = {}
    for name in names or DATABASES.values():
        entries = [entry async for entry in _entries(settings, uri, name)]
        trails[name] = (
            [entry for entry in entries if "number" not in entry],
            [entry for entry in entries if "number" in entry],
        )
    return trails


async def _export(settings: StackSettings, uri: str, name: str, file: Path) -> int:
    count = 0
    with file.open("w") as opened:
        async for entry in _entries(settings, uri, name):
            opened.write(json.dumps(entry, ensure_ascii=False, default=_time) + "\n")
            count += 1
    return count


async def _entries(settings: StackSettings, uri: str, name: str) -> AsyncIterator[Entry]:
    """Seals first: what is recorded meanwhile is newer than all of them."""
    client, database = connect(uri or settings.mongo_at, name)
    try:
        seals = [seal async for seal in database[SEALS].find({}, {"_id": 0}).sort("number", 1)]
        async for record in database[RECORDS].find({}, {"_id": 0}).sort([("chain", 1), ("sequence", 1)]):
            yield record
        for seal in seals:
            yield seal
    except PyMongoError as error:
        console.print(f"[red]tawasul:[/] MongoDB does not answer: {type(error).__name__}")
        raise typer.Exit(2) from error
    finally:
        await client.close()


def _time(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat(timespec="milliseconds")
