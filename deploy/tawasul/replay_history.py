"""`tawasul replay-history`: real requests put through the SLA monitor's record, against the verdicts they had."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer


def replay_history(
    file: Annotated[Path, typer.Argument(help="Boston's requests of 2011, compressed CSV: requests_2011.csv.gz")],
) -> None:
    """Say row by row whether the record's verdict is the city's; exit code 1 where one is not."""
    command = [sys.executable, "-m", "sla_monitor", "replay-history", str(file)]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
