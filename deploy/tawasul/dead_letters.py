"""Messages that a service set aside: list, show, replay and discard them through its internal endpoints."""

import asyncio
import enum
import json
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tawasul.sign_in import Bearers
from tawasul.stack.identity import ADMINISTRATOR
from tawasul.stack.settings import SERVICES, StackSettings

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False)
if not console.is_terminal:
    console.width = 160  # for those who read on with other tools


NAMES = "|".join(SERVICES)


def one_of_ours(service: str | None) -> str | None:
    if service is None or service in SERVICES:
        return service
    raise typer.BadParameter(f"{service} is none of {', '.join(SERVICES)}")


class Status(enum.StrEnum):
    HELD = "held"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


OneService = Annotated[str, typer.Argument(help="who set it aside", callback=one_of_ours, metavar=NAMES)]
Id = Annotated[str, typer.Argument(help="as shown by list")]


@app.command("list")
def list_(
    service: Annotated[
        str | None, typer.Argument(help="one service; all without", callback=one_of_ours, metavar=NAMES)
    ] = None,
    status: Status = Status.HELD,
) -> None:
    """List dead letters, oldest first. Exit code 1 when there are any."""
    table = Table(
        "service", "id", "set aside", "event", "origin", "attempts", "reason", title=f"dead letters, {status}"
    )
    table.columns[1].min_width = 36  # an id is copied whole, however narrow the terminal
    for name in [service] if service else SERVICES:
        for letter in _ask(name, "GET", f"?status={status}")["items"]:
            origin = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
            kept = (letter.get("event_type"), origin, letter["attempts"], letter["reason"])
            table.add_row(name, letter.get("id") or letter.get("_id"), str(letter["at"]), *map(str, kept))
    console.print(table)
    raise typer.Exit(1 if table.rows and status == Status.HELD else 0)


@app.command()
def show(service: OneService, id: Id) -> None:
    """Show one dead letter whole: headers, content, reason."""
    console.print_json(json.dumps(_ask(service, "GET", f"/{id}"), ensure_ascii=False))


@app.command()
def replay(service: OneService, id: Id) -> None:
    """Hand it to the service once more."""
    _ask(service, "POST", f"/{id}/replay")
    console.print(f"{id} is on its way to {service} again")


@app.command()
def discard(service: OneService, id: Id) -> None:
    """Give it up for good."""
    _ask(service, "DELETE", f"/{id}")
    console.print(f"{id} is discarded")


def _ask(service: str, method: str, path: str) -> Any:
    """The service's answer; a refusal ends the command with the reason in one line."""
    try:
        answer = asyncio.run(_request(StackSettings(), service, method, path))
    except httpx2.TransportError:
        console.print(f"[red]{service} does not answer:[/] is it running? `tawasul status` tells")
        raise typer.Exit(2) from None
    if not answer.is_success:
        console.print(f"[red]{service} refused:[/] {answer.status_code} {escape(answer.text)}")
        raise typer.Exit(2)
    return answer.json() if answer.content else None


async def _request(settings: StackSettings, service: str, method: str, path: str) -> httpx2.Response:
    headers = await Bearers(settings.issuer).headers(str(ADMINISTRATOR["sub"]))
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        return await http.request(method, f"{settings.service_url(service)}/internal/dead-letters{path}")
