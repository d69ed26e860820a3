"""Messages that a service set aside: list, show, replay and discard them through its internal endpoints.

Those of one bug have one cause: `causes` names them, `replay --cause` gives all of one to their service once more.
"""

import asyncio
import enum
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

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
def causes(
    service: Annotated[
        str | None, typer.Argument(help="one service; all without", callback=one_of_ours, metavar=NAMES)
    ] = None,
) -> None:
    """List what is held by its cause, which `replay --cause` takes. Exit code 1 when there is any."""
    table = Table(
        "cause", "service", "letters", "first", "last", "event", "reason", title="causes of dead letters, held"
    )
    table.columns[0].no_wrap = True  # copied whole, however narrow the terminal
    for name in [service] if service else SERVICES:
        for each in _causes(name):
            times = (_to_the_second(each["first_at"]), _to_the_second(each["last_at"]))
            table.add_row(each["id"], name, str(each["letters"]), *times, each["event_type"], escape(each["reason"]))
    console.print(table)
    raise typer.Exit(1 if table.rows else 0)


@app.command()
def replay(
    service: Annotated[str | None, typer.Argument(help="who set it aside", callback=one_of_ours, metavar=NAMES)] = None,
    id: Annotated[str | None, typer.Argument(help="as shown by list")] = None,
    cause: Annotated[str | None, typer.Option(help="all of this cause, as shown by causes")] = None,
    wait: Annotated[float, typer.Option(help="seconds for what comes of those of a cause", min=0)] = 60.0,
) -> None:
    """Hand one to its service once more, or all of a cause, and say what came of each of those.

    Exit code of a whole cause: 0 when all are taken, 1 when one was set aside again or is not known of in time.
    """
    if cause is not None and id is None:
        raise typer.Exit(_replay_cause(service or _service_of(cause), cause, wait))
    if cause is not None or service is None or id is None:
        raise typer.BadParameter("give a service and an id, or --cause")
    _ask(service, "POST", f"/{id}/replay")
    console.print(f"{id} is on its way to {service} again")


OUTCOMES = {
    "taken": "taken",
    "had_been_taken": "had been taken",
    "set_aside_again": "set aside again",
    None: "not yet known",
}
POLLED_SECONDS = 0.5


def _causes(service: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(service, "GET", "/causes")["items"]
    return found


def _service_of(cause: str) -> str:
    for name in SERVICES:
        if any(each["id"] == cause for each in _causes(name)):
            return name
    console.print(f"[red]no letter of the cause {escape(cause)} is held[/]")
    raise typer.Exit(2)


def _replay_cause(service: str, cause: str, wait: float) -> int:
    run = _ask(service, "POST", f"/causes/{cause}/replay")
    console.print(f"the letters of {cause} are on their way to {service} again")
    more = run["replayed"]
    while more:
        query = urlencode({"run": run["run"], "until": run["until"]})
        more = _ask(service, "POST", f"/causes/{cause}/replay?{query}")["replayed"]
    return _tell(_outcomes(service, run["run"], wait))


def _outcomes(service: str, run: str, wait: float) -> list[dict[str, Any]]:
    """As soon as each letter has one, or as they are when the time is over."""
    ends = time.monotonic() + wait
    while True:
        letters: list[dict[str, Any]] = _ask(service, "GET", f"/runs/{run}")["items"]
        if all("outcome" in letter for letter in letters) or time.monotonic() > ends:
            return letters
        time.sleep(POLLED_SECONDS)


def _tell(letters: Sequence[dict[str, Any]]) -> int:
    table = Table("id", "subject", "event", "came of it", "reason")
    table.columns[0].min_width = 36
    tally: Counter[str] = Counter()
    for letter in letters:
        outcome = letter.get("outcome", {})
        result = OUTCOMES[outcome.get("result")]
        tally[result] += 1
        known = (str(letter["key"]), str(letter["event_type"]), result, outcome.get("reason", ""))
        table.add_row(letter["_id"], *map(escape, known))
    console.print(table)
    console.print(", ".join(f"{tally[result]} {result}" for result in OUTCOMES.values()))
    return 1 if tally["set aside again"] or tally["not yet known"] else 0


def _to_the_second(moment: str) -> str:
    return moment[:19].replace("T", " ")


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
