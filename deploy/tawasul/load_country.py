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
from tawasul.sign_in import Bearers, Installer, SignInRefused
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
    router_url: Annotated[str, typer.Option(help="the router itself, where the door does not lead there")] = "",
    sla_monitor_url: Annotated[str, typer.Option(help="the same of sla-monitor")] = "",
    token_file: Annotated[
        Path | None, typer.Option(help="an administrator's access token; the local one without")
    ] = None,
    client_secret_file: Annotated[
        Path | None, typer.Option(help="sign in at the issuer as the client `installer` with this secret")
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="the provider; the local one without")] = None,
    only_where_none_is: Annotated[
        bool, typer.Option("--only-where-none-is", help="leave a directory and a rulebook that are there as they are")
    ] = False,
) -> None:
    """Publish directory, rules, calendars and policies: each checked whole and refused whole."""
    settings, console = StackSettings(), Console(highlight=False, soft_wrap=True)
    issuer = issuer or settings.issuer
    if token_file:
        bearers: Bearers = Given(token_file.read_text().strip())
    elif client_secret_file:
        bearers = Installer(issuer, client_secret_file.read_text().strip())
    else:
        bearers = Bearers(issuer)

    async def _load() -> bool:
        async with httpx2.AsyncClient(base_url=url or settings.door_url, timeout=30) as http:
            government = Government(http, bearers, Country(folder))
            return await government.load_country(only_where_none_is, router_url, sla_monitor_url)

    try:
        is_taken = asyncio.run(_load())
    except (CannotStart, SignInRefused, httpx2.HTTPError) as error:
        console.print(f"[red]tawasul:[/] {escape(str(error) or type(error).__name__)}")
        raise typer.Exit(1) from None
    console.print(f"{folder.name} is loaded" if is_taken else "there is a country already: it stays as it is")
