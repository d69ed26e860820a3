"""Erased persons: erase one by reference number; list all, and erase them again after a restore."""

import asyncio
import enum
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console
from rich.markup import escape

from tawasul.sign_in import Bearers
from tawasul.stack.identity import ADMINISTRATOR
from tawasul.stack.settings import StackSettings

app = typer.Typer(no_args_is_help=True, help=__doc__)
console = Console(highlight=False, stderr=True)

SENT_TOGETHER = 500


class Reason(enum.StrEnum):
    ASKED = "asked"
    COURT_ORDER = "court_order"
    FILED_IN_ERROR = "filed_in_error"
    ABOUT_ANOTHER = "about_another"


@app.command()
def erase(
    reference: Annotated[str, typer.Argument(help="reference number of the submission")],
    reason: Annotated[Reason, typer.Option(help="kept in the audit trail")],
) -> None:
    """Erase the person of one submission, for good."""
    done = _ask("POST", "/api/intake/v1/erasures", json={"reference": reference, "reason": reason.value})
    console.print(f"{done['reference']} is erased; it is {done['status']} now")


@app.command("list")
def list_(
    since: Annotated[datetime | None, typer.Option(help="those erased from then on (UTC); all without")] = None,
) -> None:
    """Ids of erased submissions with the time, oldest first: keep them where no restored database takes them back."""
    params: dict[str, str] = {"since": f"{since.isoformat()}Z"} if since else {}
    while True:
        page = _ask("GET", "/internal/erasures", params=params)
        for item in page["items"]:
            print(item["id"], item["at"])
        if not page["next_cursor"]:
            return
        params = {"cursor": page["next_cursor"]}


@app.command()
def again(file: Annotated[str, typer.Argument(help="what `list` wrote; - reads it from standard input")]) -> None:
    """After a restore: erase each of a list where it is back, and tell every service once more."""
    lines = (sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")).splitlines()
    ids = [line.split()[0] for line in lines if line.strip()]
    erased, unknown = 0, []
    for first in range(0, len(ids), SENT_TOGETHER):
        done = _ask("POST", "/internal/erasures", json={"ids": ids[first : first + SENT_TOGETHER]})
        erased += done["erased"]
        unknown += done["unknown"]
    console.print(f"{erased} erased again; {len(unknown)} not known to intake")
    for id in unknown:
        console.print(f"  {id}")


def _ask(method: str, path: str, **more: Any) -> Any:
    """Intake's answer; a refusal ends the command with the reason in one line."""
    try:
        answer = asyncio.run(_request(StackSettings(), method, path, **more))
    except httpx2.TransportError:
        console.print("[red]intake does not answer:[/] is it running? `tawasul status` tells")
        raise typer.Exit(2) from None
    if not answer.is_success:
        console.print(f"[red]intake refused:[/] {answer.status_code} {escape(answer.text)}")
        raise typer.Exit(2)
    return answer.json()


async def _request(settings: StackSettings, method: str, path: str, **more: Any) -> httpx2.Response:
    headers = await Bearers(settings.issuer).headers(str(ADMINISTRATOR["sub"]))
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        return await http.request(method, settings.service_url("intake") + path, **more)
