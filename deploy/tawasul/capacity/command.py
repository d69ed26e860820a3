"""`tawasul capacity`: the tables of deploy/docs/capacity.md, or one for another number of people."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from tawasul.capacity.measured import FILE, RESULTS, Measured
from tawasul.capacity.page import PAGE, plans_table, tables, with_tables
from tawasul.capacity.plan import Scenario

HEAD = "# Measured by `make bench ONLY=costs`, and taken from there by `tawasul capacity --take`.\n"


def capacity(
    people: Annotated[float, typer.Option(min=0, help="how many there are; without, the page's four cases")] = 0,
    a_year: Annotated[float, typer.Option(min=0.001, help="submissions of a person in a year")] = 0.2,
    peak: Annotated[float, typer.Option(min=1, help="the busiest hour beside the mean one")] = 6.0,
    surge: Annotated[float, typer.Option(min=1, help="and how much busier than that it gets")] = 1.0,
    hours: Annotated[float, typer.Option(min=0.1, help="for how long")] = 1.0,
    take: Annotated[bool, typer.Option("--take", help="what `make bench ONLY=costs` has just measured")] = False,
) -> None:
    """How many processes, partitions, cores and disks it takes, from what was measured."""
    if take:
        take_in(RESULTS, FILE, PAGE)
    if not FILE.exists():
        typer.echo("nothing was measured yet: make bench ONLY=costs, then with --take", err=True)
        raise typer.Exit(1)
    measured = Measured.read()
    if people:
        typer.echo(plans_table(measured, (Scenario("asked for", people, a_year, peak, surge, hours),)))
    elif not take:
        typer.echo("\n\n".join(tables(measured).values()))


def take_in(results: Path, file: Path, page: Path) -> None:
    """Write `file` and the tables of `page` from what the benchmark wrote."""
    if not results.exists():
        typer.echo(f"{results.name} is not there: make bench ONLY=costs", err=True)
        raise typer.Exit(1)
    measured = Measured.model_validate_json(results.read_text())
    file.write_text(HEAD + yaml.safe_dump(measured.model_dump(), sort_keys=False, allow_unicode=True, width=110))
    page.write_text(with_tables(page.read_text(), measured))
    typer.echo(f"taken into {file.name} and {page.name}")
