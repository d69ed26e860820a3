"""`tawasul train-routing`: the router's classifier learns from the catalogue, texts and corrections."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tawasul.stack.paths import COUNTRY
from tawasul.stack.settings import StackSettings

OF_THE_COUNTRY = (COUNTRY / "texts.yaml", COUNTRY / "texts" / "train")


def train_routing(
    texts: Annotated[
        list[Path] | None, typer.Option(help="labelled texts to learn from: files or folders; the country's without")
    ] = None,
    precision: Annotated[float, typer.Option(help="wanted of what is decided without a person")] = 0.97,
    keep: Annotated[bool, typer.Option("--keep", help="store the model and do not use it")] = False,
    use: Annotated[int | None, typer.Option(help="make none: use this version; an older one rolls back")] = None,
    list_: Annotated[bool, typer.Option("--list", help="make none: list all with their scores")] = False,
) -> None:
    """Make a model for the router of the local stack, in a process of its own, and take it into use."""
    if list_:
        command = ["models"]
    elif use is not None:
        command = ["use-model", str(use)]
    else:
        command = ["train", "--precision", str(precision), *(["--keep"] if keep else [])]
        command += [part for each in texts or OF_THE_COUNTRY for part in ("--texts", str(each))]
    raise typer.Exit(_router(command, StackSettings()))


def _router(command: list[str], settings: StackSettings) -> int:
    """In containers the same commands are `python -m router …` in the router's own."""
    environment = {**os.environ, "TAWASUL_MONGO_URI": settings.mongo_at}
    finished = subprocess.run([sys.executable, "-m", "router", *command], env=environment, check=False)
    if finished.returncode:
        Console(stderr=True).print("the router's models are as they were")
    return finished.returncode
