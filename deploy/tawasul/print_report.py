"""`tawasul report`: the printable report of a month or a year as a PDF file, printed from its page by Chromium."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import httpx2
import typer

PERIOD = re.compile(r"(2\d{3})(?:-(0[1-9]|1[0-2]))?")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 60.0
DRAWN_WITHIN_MS = 10_000
"""Milliseconds of the page's own time: by then its plots are drawn, or stay as the server drew them."""


class NoReport(Exception):
    """It could not be made; the text says why."""


def report(
    period: Annotated[str, typer.Argument(help="a year or a month: 2026 or 2026-04")],
    entity: Annotated[str | None, typer.Option(help="one entity; without it all of them")] = None,
    language: Annotated[Literal["ar", "en"], typer.Option(help="ar or en")] = "ar",
    url: Annotated[str, typer.Option(help="where the door is")] = "http://localhost:8080",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="the file to write")] = None,
) -> None:
    """Print the report of a month or a year into a PDF file; exit code 1 where it cannot be made."""
    found = PERIOD.fullmatch(period)
    if found is None:
        raise typer.BadParameter("a year or a month, as 2026 or 2026-04")
    asked = {"year": found[1], "month": found[2], "entity": entity, "lang": language}
    page = httpx2.URL(f"{url.rstrip('/')}/performance/report").copy_merge_params(
        {name: value for name, value in asked.items() if value}
    )
    file = output or Path("-".join(filter(None, ("report", entity, period, language))) + ".pdf")
    try:
        print_page(str(page), file)
    except NoReport as reason:
        typer.echo(f"tawasul: {reason}", err=True)
        raise typer.Exit(1) from None
    typer.echo(file)


def print_page(page: str, file: Path) -> None:
    """Raises NoReport."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NoReport("there is no Chromium (apt-get install chromium)")
    try:
        answer = httpx2.get(page, headers={"Accept": "text/html"}, timeout=PATIENCE_SECONDS)
    except httpx2.HTTPError as error:
        raise NoReport(f"{page} does not answer: {type(error).__name__}") from error
    if answer.status_code != httpx2.codes.OK:
        raise NoReport(f"{page} answers {answer.status_code}")
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "report.pdf"
        command = [
            browser,
            "--headless=new",
            "--disable-gpu",
            f"--virtual-time-budget={DRAWN_WITHIN_MS}",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={printed}",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium's sandbox refuses root
            page,
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
            shutil.copyfile(printed, file)
        except (subprocess.SubprocessError, OSError) as error:
            raise NoReport(f"Chromium printed nothing: {error}") from error
