"""`tawasul reconcile`: what the services should have of one another's submissions, held against what they have.

Each service states all that it published, each consumer compares, and what is missing is named by id. Nothing of it is
asked of the databases, and no text and nobody's name is shown.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol
from uuid import uuid4

import httpx2
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from shared.events.topics import DEADLINES, SUBMISSIONS

from tawasul.sign_in import Bearers
from tawasul.stack.identity import ADMINISTRATOR
from tawasul.stack.settings import SERVICES, StackSettings

PATIENCE_SECONDS = 300.0
LOOK_EVERY_SECONDS = 0.5
MOST_SHOWN = 1_000
CLOCKS = "sla-monitor"
OF_A_CLOCK = ("clock", "deadline")
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Answer = dict[str, Any]


class Refused(Exception):
    """A service does not answer, or not as it should."""


@dataclass
class Reconciliation:
    """`compared`: of each consumer, by the topic whose owner stated it, how many submissions. `differences`, the oldest
    of them, and `counts`, of all: by service. `waiting` may yet heal by itself."""

    is_whole: bool = False
    compared: dict[str, dict[str, int]] = field(default_factory=dict)
    differences: dict[str, list[Answer]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    dead_letters: int = 0
    clocks_unknown: int = 0

    @property
    def different(self) -> int:
        return sum(self.counts.values())

    @property
    def unexplained(self) -> bool:
        """Whether it is still looked up why something is missing."""
        return any("cause" not in each for found in self.differences.values() for each in found)

    @property
    def without_clock(self) -> int:
        """Submissions whose receipt, or clock, the SLA monitor lacks, and those of which it says that it is unknown."""
        lacking = {each["submission"] for each in self.differences.get(CLOCKS, ()) if _is_without_clock(each)}
        return len(lacking) + self.clocks_unknown

    @property
    def is_green(self) -> bool:
        return self.is_whole and not (self.dead_letters or self.different or self.without_clock or self.waiting)

    @property
    def sums(self) -> str:
        return (
            f"{self.dead_letters} dead letters, {self.without_clock} cases without a clock, "
            f"{self.different} differences between the services"
        )


def _is_without_clock(difference: Mapping[str, Any]) -> bool:
    """Where its receipt was set aside the SLA monitor says that the clock is unknown."""
    if difference.get("cause") == "dead_letter":
        return False
    is_receipt = difference["topic"] == SUBMISSIONS.name and difference["sequence"] == 1
    return difference["kind"] in OF_A_CLOCK or (difference["kind"] == "event" and is_receipt)


class SignsIn(Protocol):
    async def headers(self, subject: str) -> Mapping[str, str]: ...


class Operations:
    """The services' internal endpoints, asked as an administrator."""

    def __init__(self, http: httpx2.AsyncClient, bearers: SignsIn, urls: Mapping[str, str]) -> None:
        self._http = http
        self._bearers = bearers
        self._urls = urls

    async def ask(self, service: str, method: str, path: str) -> Answer:
        """Raises Refused."""
        headers = await self._bearers.headers(str(ADMINISTRATOR["sub"]))
        try:
            answer = await self._http.request(method, f"{self._urls[service]}/internal/{path}", headers=headers)
        except httpx2.TransportError:
            raise Refused(f"{service} does not answer: is it running? `tawasul status` tells") from None
        if not answer.is_success:
            raise Refused(f"{service} refused: {answer.status_code} {answer.text}")
        found: Answer = answer.json()
        return found

    async def find(self, which: str) -> str:
        """The id of a submission by its id or reference number."""
        if AN_ID.fullmatch(which):
            return which
        return str((await self.ask("intake", "GET", f"reconciliation/references/{which}"))["id"])

    async def reconcile(self, patience: float = PATIENCE_SECONDS) -> Reconciliation:
        """Have everything stated and compared, and wait until what is missing has come or counts as a difference."""
        ends = time.monotonic() + patience
        round = str(uuid4())
        stated = [await self.ask(service, "POST", f"reconciliation/rounds/{round}") for service in SERVICES]
        topics = {topic for answer in stated for topic in answer["topics"]}
        found = Reconciliation()
        while not found.is_whole and time.monotonic() < ends:
            found.is_whole = await self._compared(round, topics, found)
            await asyncio.sleep(0 if found.is_whole else LOOK_EVERY_SECONDS)
        while True:
            await self.look(found)
            if not (found.waiting or found.unexplained) or time.monotonic() > ends:
                return found
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _compared(self, round: str, topics: set[str], found: Reconciliation) -> bool:
        """Whether every consumer has compared all that is stated to it."""
        open_ = 0
        for service in SERVICES:
            answer = await self.ask(service, "GET", f"reconciliation/rounds/{round}")
            compared = {each["topic"]: each for each in answer["compared"] if each["topic"] in topics}
            found.compared[service] = {topic: each["submissions"] for topic, each in compared.items()}
            open_ += sum(not each["is_whole"] for each in compared.values())
        return not open_

    async def look(self, found: Reconciliation) -> None:
        """As it is known now."""
        found.waiting = found.dead_letters = 0
        for service in SERVICES:
            answer = await self.ask(service, "GET", f"reconciliation?limit={MOST_SHOWN}")
            found.differences[service] = answer["items"]
            found.counts[service] = sum(each["count"] for each in answer["counts"])
            found.waiting += answer["waiting"]
            found.clocks_unknown = answer["reasons"].get("clock_unknown", found.clocks_unknown)
            letters = await self.ask(service, "GET", f"dead-letters?limit={MOST_SHOWN}")
            found.dead_letters += len(letters["items"])


def show(console: Console, found: Reconciliation) -> None:
    """Print what was compared, what is missing, and the sums on the last line."""
    compared = Table("service", "compared", title="Held against what the others stated")
    for service, topics in found.compared.items():
        compared.add_row(service, ", ".join(f"{count} of {topic}" for topic, count in topics.items()))
    if found.compared:
        console.print(compared)
    if found.different:
        console.print(table_of(found.differences))
    if found.waiting:
        console.print(f"[yellow]{found.waiting} more are missing since less than a minute[/]")
    # Told apart from colours and widths: whoever reads on looks for this line.
    console.print(f"[{'green' if found.is_green else 'red'}]{found.sums}[/]", soft_wrap=True)
    if not found.is_whole:
        console.print("[red]and not all was compared in time:[/] is a service away, or far behind?")


def table_of(differences: Mapping[str, Sequence[Answer]]) -> Table:
    table = Table(
        "service", "submission", "lacks", "of", "since (UTC)", "why", title="Differences between the services"
    )
    table.columns[1].min_width = 36  # an id is copied whole, however narrow the terminal
    for service, found in differences.items():
        for each in found:
            number = "" if each["sequence"] is None else f" {each['sequence']}"
            lacks = f"{each.get('event_type', each['kind'])}{number}"
            since = str(each["since"])[:19].replace("T", " ")
            table.add_row(
                service, each["submission"], *map(escape, (lacks, each["topic"], since, each.get("cause", "-")))
            )
    return table


def show_one(console: Console, id: str, answers: Mapping[str, Answer]) -> int:
    """How many differences there are of one submission: those that are known, and what was not taken yet."""
    published = {each["topic"]: each for answer in answers.values() for each in answer["published"]}
    table = Table("topic", "published", "waits to be sent", "taken by", title=f"Submission {id}")
    behind = 0
    for topic, stated in published.items():
        taken = {
            service: each["sequence"]
            for service, answer in answers.items()
            for each in answer["taken"]
            if each["topic"] == topic
        }
        behind += sum(
            last < stated["sequence"] - stated["waiting"]
            for service, last in taken.items()
            if topic not in answers[service]["given_up"]
        )
        shown = ", ".join(f"{service} {last}" for service, last in taken.items())
        table.add_row(topic, str(stated["sequence"]), str(stated["waiting"]), shown)
    console.print(table)
    differences = {service: answer["differences"] for service, answer in answers.items()}
    found = sum(map(len, differences.values()))
    if found:
        console.print(table_of(differences))
    without_clock = DEADLINES.name not in published
    if without_clock:
        console.print("[red]it has no clock[/]")
    console.print(f"{max(found, behind) + without_clock} differences between the services")
    return max(found, behind) + without_clock


def reconcile(
    which: Annotated[str, typer.Argument(help="reference number or id of one submission; all without")] = "",
    known: Annotated[bool, typer.Option("--known", help="only what is known: have nothing stated anew")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="have what is missing taken again from Kafka")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="of one: it counts no longer")] = False,
    patience: Annotated[float, typer.Option(help="seconds to wait")] = PATIENCE_SECONDS,
) -> None:
    """Compare what the services have of one another. Exit code 1 on a difference, 2 where not all could be compared."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    if give_up and not which:
        raise typer.BadParameter("--give-up is of one submission")
    try:
        code = asyncio.run(_reconcile(console, which.strip(), known, replay, give_up, patience))
    except Refused as reason:
        console.print(f"[red]tawasul:[/] {escape(str(reason))}")
        raise typer.Exit(2) from None
    raise typer.Exit(code)


async def reconciled(settings: StackSettings, patience: float = PATIENCE_SECONDS) -> Reconciliation:
    """Reconcile the running system. Raises Refused."""
    urls = {service: settings.service_url(service) for service in SERVICES}
    async with httpx2.AsyncClient(timeout=30) as http:
        return await Operations(http, Bearers(settings.issuer), urls).reconcile(patience)


async def _reconcile(console: Console, which: str, known: bool, replay: bool, give_up: bool, patience: float) -> int:
    settings = StackSettings()
    urls = {service: settings.service_url(service) for service in SERVICES}
    async with httpx2.AsyncClient(timeout=30) as http:
        operations = Operations(http, Bearers(settings.issuer), urls)
        if which:
            return await _one(operations, console, which, replay, give_up)
        if replay:
            asked = [(await operations.ask(service, "POST", "reconciliation/replays"))["asked"] for service in SERVICES]
            console.print(f"{sum(asked)} missing events are looked for in Kafka and taken again")
        found = Reconciliation(is_whole=known)
        if known:
            await operations.look(found)
        else:
            found = await operations.reconcile(patience)
        show(console, found)
        if found.different or found.dead_letters or found.without_clock:
            return 1
        return 0 if known or found.is_green else 2


async def _one(operations: Operations, console: Console, which: str, replay: bool, give_up: bool) -> int:
    id = await operations.find(which)
    path = f"reconciliation/submissions/{id}"
    if give_up:
        given_up = [(await operations.ask(service, "DELETE", path))["given_up"] for service in SERVICES]
        console.print(f"{sum(given_up)} differences count no longer")
    if replay:
        asked = [(await operations.ask(service, "POST", f"{path}/replay"))["asked"] for service in SERVICES]
        console.print(f"{sum(asked)} missing events are looked for in Kafka and taken again")
    answers = {service: await operations.ask(service, "GET", path) for service in SERVICES}
    return 1 if show_one(console, id, answers) else 0
