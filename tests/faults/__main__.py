"""`make faults`: everything is killed and stopped at random under load; nothing may be lost, nothing done twice."""

import asyncio
import random
import time
from typing import Annotated

import typer
from rich.console import Console
from tawasul.stack.component import CannotStart

from tests.faults.plan import FEWEST_KILLS
from tests.faults.report import kills as kills_of
from tests.faults.report import show_differences, sums
from tests.faults.run import RunSettings, run

RATE, RATE_IN_A_CLUSTER = 20.0, 6.0
SECONDS_PER_KILL = 6.0
SECONDS_PER_KILL_IN_A_CLUSTER = 15.0
"""Leaders are elected, and whoever was away catches up before the next one goes."""


def main(
    kills: Annotated[int, typer.Option(min=FEWEST_KILLS, help="how many processes are killed")] = 12,
    seed: Annotated[int | None, typer.Option(help="the same seed gives the same schedule and stories")] = None,
    rate: Annotated[float | None, typer.Option(min=0.1, help="most submissions a second; 20, in a cluster 6")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=10, help="how long they come; 6 (cluster: 15) for each kill")
    ] = None,
    patience: Annotated[float, typer.Option(help="seconds in which all must come to rest afterwards")] = 180.0,
    cluster: Annotated[bool, typer.Option(help="on three brokers and a replica set of three, with failovers")] = False,
    keep: Annotated[bool, typer.Option(help="keep the data of Kafka and mongod for looking into")] = False,
) -> None:
    console = Console()
    wanted = RunSettings(
        kills,
        random.SystemRandom().randrange(1_000_000) if seed is None else seed,
        rate or (RATE_IN_A_CLUSTER if cluster else RATE),
        seconds or kills * (SECONDS_PER_KILL_IN_A_CLUSTER if cluster else SECONDS_PER_KILL),
        patience,
        cluster,
    )
    began = time.monotonic()
    try:
        result = asyncio.run(run(wanted, console, keep))
    except CannotStart as error:
        console.print(f"[bold red]{error}[/bold red]")
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    console.print(sums(result.world))
    show_differences(console, result.differences)
    if result.reconciliation is not None:
        console.print(result.reconciliation.sums)
    took = f"{kills_of(result.world)} kills in {time.monotonic() - began:.0f} s, SEED={wanted.seed}"
    if result.differences:
        console.print(f"[bold red]{len(result.differences)} differences[/bold red] ({took}); logs in {result.folder}")
        raise typer.Exit(1)
    console.print(f"[bold green]nothing lost, nothing twice[/bold green] ({took})")


if __name__ == "__main__":
    typer.run(main)
