"""`tawasul trace REFERENCE`: a submission's whole way with its times, from the services' own records.

Each service keeps which events it has taken and when (its inbox), so no tracing has to be on. Shows no text and nobody.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import typer
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from shared.events.topics import BY_EVENT
from shared.storage.mongo import connect

from tawasul.stack.settings import DATABASES, StackSettings

Document = dict[str, Any]

OWNERS = {event.__name__: topic.owner for event, topic in BY_EVENT.items()}
RUNGS = {"breach": "DeadlineBreached"}
"""A declaration keeps the name of its rung: `warning-80`, `breach`, `head`, `unrouted`."""


@dataclass
class TracedEvent:
    """One event, by whom it was said, and when each service had durably taken it."""

    id: str
    type: str
    at: datetime
    entity: str | None = None
    taken: dict[str, datetime] = field(default_factory=dict)

    @property
    def by(self) -> str:
        return OWNERS.get(self.type, "-")


@dataclass(frozen=True)
class TracedNotification:
    """One notification. To whom is not looked up."""

    about: str
    audience: str
    channel: str
    state: str
    at: datetime
    sent_at: datetime | None
    attempts: int
    reason: str | None


@dataclass(frozen=True)
class SubmissionTrace:
    reference: str
    id: str
    correlation_id: str | None
    status: str
    said: list[TracedEvent]
    told: list[TracedNotification]

    @property
    def began(self) -> datetime:
        return min(event.at for event in self.said)


def events(timeline: Iterable[Document], clock: Mapping[str, Any], told: Iterable[Document]) -> dict[str, TracedEvent]:
    """Every event that some record names, by id: of the citizen's timeline, of the clock, of notifications."""
    found: dict[str, TracedEvent] = {}
    for entry in timeline:
        found[entry["id"]] = TracedEvent(entry["id"], entry["type"], entry["at"], entry.get("entity"))
    for fact in clock.get("facts", ()):
        found.setdefault(fact["id"], TracedEvent(fact["id"], fact["type"], fact["time"], fact.get("entity")))
    for declared in clock.get("declarations", ()):
        rung = declared["rung"]
        type = "DeadlineApproaching" if rung.startswith("warning") else RUNGS.get(rung, "DeadlineEscalated")
        found.setdefault(declared["id"], TracedEvent(declared["id"], type, declared["declared_at"], declared["entity"]))
    for each in told:
        found.setdefault(each["event_id"], TracedEvent(each["event_id"], each["about"], each["event_at"]))
    return found


def way(
    reference: str,
    submission: Document,
    clock: Mapping[str, Any],
    notifications: Iterable[Document],
    taken: Mapping[str, Iterable[Document]],
) -> SubmissionTrace:
    """`taken`: of each service the records of its inbox about these events."""
    notifications = list(notifications)
    said = events(submission["state"]["timeline"], clock, notifications)
    for service, records in taken.items():
        for record in records:
            if record["_id"] in said:
                said[record["_id"]].taken[service] = record["at"]
    told = [
        TracedNotification(
            **{name: each[name] for name in ("about", "audience", "channel", "state")},
            at=each["created_at"],
            sent_at=each.get("sent_at"),
            attempts=each.get("attempts", 0),
            reason=each.get("reason"),
        )
        for each in notifications
    ]
    return SubmissionTrace(
        reference,
        submission["_id"],
        clock.get("correlation_id") or next((each["correlation_id"] for each in notifications), None),
        submission["state"]["status"],
        sorted(said.values(), key=lambda event: event.at),
        sorted(told, key=lambda each: each.at),
    )


def trace(
    reference: Annotated[str, typer.Argument(help="reference number of the submission")],
    mongo_uri: Annotated[str, typer.Option(help="a user who may read all four databases; ours without")] = "",
) -> None:
    """Show what happened to a submission and when each service knew. Exit code 1 when there is none."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    try:
        found = asyncio.run(look_up(mongo_uri or StackSettings().mongo_at, reference.strip().upper()))
    except PyMongoError as error:
        console.print(f"[red]tawasul:[/] MongoDB does not answer: {type(error).__name__}")
        raise typer.Exit(2) from None
    if found is None:
        console.print(f"[red]tawasul:[/] there is no submission {escape(reference)}")
        raise typer.Exit(1)
    show(console, found)


async def look_up(uri: str, reference: str) -> SubmissionTrace | None:
    client, intake = connect(uri, DATABASES["intake"])
    databases = {service: client.get_database(name, intake.codec_options) for service, name in DATABASES.items()}
    try:
        shown = {"state.reference": 1, "state.status": 1, "state.timeline": 1}
        submission = await databases["intake"]["submissions"].find_one({"state.reference": reference}, shown)
        if submission is None:
            return None
        id = submission["_id"]
        clock = await databases["sla-monitor"]["clocks"].find_one({"_id": id}, {"state": 1}) or {"state": {}}
        hidden = {"params": 0, "recipient": 0}
        notifications = await databases["notifier"]["notifications"].find({"submission_id": id}, hidden).to_list()
        ids = list(events(submission["state"]["timeline"], clock["state"], notifications))
        taken = {
            name: await database["inbox"].find({"_id": {"$in": ids}}).to_list() for name, database in databases.items()
        }
        return way(reference, submission, clock["state"], notifications, taken)
    finally:
        await client.close()


def show(console: Console, found: SubmissionTrace) -> None:
    console.print(f"{found.reference}: {found.status}, submission {found.id}")
    if found.correlation_id:
        console.print(f"its first request and what followed from it: correlation id {escape(found.correlation_id)}")
    began = found.began
    table = Table("time (UTC)", "after", "said by", "what", "entity", "durable at", title="what was said")
    for event in found.said:
        taken = sorted(event.taken.items(), key=lambda pair: pair[1])
        durable = ", ".join(f"{name} +{_after(event.at, at)}" for name, at in taken)
        table.add_row(_clock(event.at), _after(began, event.at), event.by, event.type, event.entity or "", durable)
    console.print(table)
    table = Table("time (UTC)", "after", "about", "to", "by", "state", "handed over", "tries", title="who was told")
    for each in found.told:
        state = f"{each.state}: {each.reason}" if each.reason else each.state
        handed = f"+{_after(each.at, each.sent_at)}" if each.sent_at else ""
        row = (_after(began, each.at), each.about, each.audience, each.channel, state, handed, str(each.attempts))
        table.add_row(_clock(each.at), *map(escape, row))
    console.print(table)


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1_000:03}"


def _after(began: datetime, moment: datetime) -> str:
    seconds = (moment - began).total_seconds()
    if abs(seconds) < 10:
        return f"{seconds * 1_000:.0f} ms"
    return f"{seconds:.0f} s" if abs(seconds) < 3_600 else f"{seconds / 3_600:.1f} h"
