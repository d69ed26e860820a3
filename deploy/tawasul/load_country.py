"""`tawasul load-country`: the sample country, or another one, into any installation."""

import asyncio
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.markup import escape

from tawasul.demo.country import Country
from tawasul.demo.government import Government
from tawasul.sign_in import Bearers
from tawasul.stack.component import CannotStart
from tawasul.stack.paths import COUNTRY
from tawasul.stack.settings import StackSettings


class Given(Bearers):
    """One token, whoever is asked for."""

    def __init__(self, token: str) -> None:
        super().__init__("")
        self._token = token

    async def headers(self, subject: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


def load_country(
    folder: Annotated[Path, typer.Argument(help="its YAML files")] = COUNTRY,
    url: Annotated[str | None, typer.Option(help="the door; that of the local stack without")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="an administrator's access token; the local one without")
    ] = None,
) -> None:
    """Publish directory, rules, calendars and policies: each checked whole and refused whole."""
    settings, console = StackSettings(), Console(highlight=False, soft_wrap=True)
    bearers = Given(token_file.read_text().strip()) if token_file else Bearers(settings.issuer)
    try:
        asyncio.run(_load(url or settings.door_url, bearers, Country(folder)))
    except (CannotStart, httpx2.HTTPError) as error:
        console.print(f"[red]tawasul:[/] {escape(str(error) or type(error).__name__)}")
        raise typer.Exit(1) from None
    console.print(f"{folder.name} is loaded")


async def _load(url: str, bearers: Bearers, country: Country) -> None:
    async with httpx2.AsyncClient(base_url=url, timeout=30) as http:
        await Government(http, bearers, country).load_country()
