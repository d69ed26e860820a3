"""`tawasul dashboards`: Grafana's files from the code, or whether they are what the code says."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tawasul.dashboards.board import Board
from tawasul.dashboards.boards import BOARDS
from tawasul.stack.paths import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "grafana" / "dashboards"


def text(board: Board) -> str:
    return json.dumps(board.json(), indent=1, ensure_ascii=False) + "\n"


def files() -> dict[Path, str]:
    return {FOLDER / f"{board.uid}.json": text(board) for board in BOARDS}


def differences() -> list[str]:
    """Names of files that are missing, left over, or not what the code says."""
    wanted = files()
    there = set(FOLDER.glob("*.json"))
    differing = {file for file, content in wanted.items() if file in there and file.read_text() != content}
    return sorted(file.name for file in differing | (there ^ wanted.keys()))


def dashboards(
    check: Annotated[bool, typer.Option("--check", help="write nothing; exit code 1 when files differ")] = False,
) -> None:
    """Make the files of Grafana's dashboards from the code."""
    console = Console(highlight=False)
    different = differences()
    if check:
        console.print("\n".join(different) or f"the {len(BOARDS)} dashboards are what the code says")
        raise typer.Exit(1 if different else 0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.glob("*.json"):
        file.unlink()
    for file, content in files().items():
        file.write_text(content)
    console.print(f"{len(BOARDS)} dashboards are in {FOLDER.relative_to(REPOSITORY)}")
