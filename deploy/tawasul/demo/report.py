"""How the demonstration went, for a person to read."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tawasul.demo.country import Document
from tawasul.demo.journey import Journey
from tawasul.demo.run import Outcome
from tawasul.stack.identity import ADMINISTRATOR, CITIZENS
from tawasul.stack.prometheus import installed
from tawasul.stack.settings import SERVICES, StackSettings

LOCAL = ZoneInfo("Asia/Bahrain")


def show_table(console: Console, outcome: Outcome) -> None:
    table = Table(title="Sample submissions and their way", expand=True)
    for column in ("reference", "kind", "entity", "due", "told"):
        table.add_column(column, no_wrap=True)
    table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("ms", justify="right")
    for journey in outcome.journeys:
        due = journey.due_at.astimezone(LOCAL).strftime("%a %d %b %H:%M") if journey.due_at else "-"
        why = outcome.reasons.get(journey.reference, "-")
        told = ", ".join(_told(journey, outcome))
        row = (journey.reference or "-", journey.sample.kind, journey.entity or "-", due, told or "nobody", why)
        table.add_row(*row, f"{journey.milliseconds:.0f}")
    console.print(table)


def _told(journey: Journey, outcome: Outcome) -> list[str]:
    officials = journey.told & outcome.addresses.get(journey.entity or "", set())
    others = journey.told - officials - {journey.sample.email or ""}
    groups = {
        "citizen": journey.sample.email in journey.told,
        _counted(len(officials), "official"): bool(officials),
        _counted(len(others), "other"): bool(others),
    }
    return [group for group, told in groups.items() if told]


def _counted(number: int, word: str) -> str:
    return word if number == 1 else f"{number} {word}s"


def show_sums(console: Console, outcome: Outcome) -> None:
    for journey, where in outcome.failures:
        name = journey.reference or journey.sample.text[:40]
        story = f"{name} ({journey.sample.kind} for {journey.sample.expect}): {where}"
        console.print(f"[red]stopped:[/] {escape(story)}")
    arrived = len(outcome.journeys) - len(outcome.failures)
    if outcome.journeys:
        times = sorted(journey.milliseconds for journey in outcome.journeys)
        console.print(f"whole way: half within {times[len(times) // 2]:.0f} ms, the slowest {times[-1]:.0f} ms")
    colour = "green" if not outcome.failures else "red"
    console.print(f"[{colour}]{arrived} of {len(outcome.journeys)} sample submissions made their whole way[/]")


def show_addresses(console: Console, settings: StackSettings) -> None:
    table = Table(title="Addresses", show_header=False)
    table.add_row("[bold]for citizens[/]", f"[bold]{settings.door_url}/[/]  (العربية: /?lang=ar, English: /?lang=en)")
    table.add_row("[bold]for officials[/]", f"[bold]{settings.door_url}/desk[/]  (sign in as one of those below)")
    for service in SERVICES:
        table.add_row(f"{service}: its API", f"{settings.door_url}/api/{service}/v1/openapi.json")
    table.add_row("sign-in provider", settings.issuer)
    if installed():
        table.add_row("figures and alerts", settings.prometheus_url)
    table.add_row("mails sent", str(settings.mail))
    table.add_row("logs", f"{settings.logs}  (make logs SERVICE=intake)")
    console.print(table)


def show_sign_ins(console: Console, officials: Sequence[Document]) -> None:
    table = Table("sign in as", "name", "role", "entity", title="Sample sign-ins (no passwords)")
    table.add_row(str(ADMINISTRATOR["sub"]), str(ADMINISTRATOR["name"]), "administrator", "central-office")
    shown: set[str] = set()
    for official in officials:
        if official["role"] not in shown:
            shown.add(official["role"])
            table.add_row(official["id"], official["name"]["en"], official["role"], official["entity"])
    for citizen in CITIZENS:
        table.add_row(str(citizen["sub"]), str(citizen["name"]), "citizen", "-")
    console.print(table)
