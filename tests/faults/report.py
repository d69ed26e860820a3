"""Shows a run: a progress bar with the current step, the ledger's sums, and the differences."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS

from tests.faults.checks import Difference
from tests.faults.checks.notifications import repetitions_allowed
from tests.faults.ledger import Fate, Ledger, LedgerEntry
from tests.faults.observed import World
from tests.faults.plan import Kind

SHOWN_OF_A_SORT = 20


class Board:
    """One bar from the first start to the last check. Lines told stand above it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[doing]}"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console)
        self._task: TaskID = self._progress.add_task("faults", total=None, doing="")

    def __enter__(self) -> "Board":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def phase(self, name: str, total: float | None = None) -> None:
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task(name, total=total, doing="")
        self.console.print(f"[bold]{name}[/bold] ({time.monotonic() - self._began:.0f} s after the start)")

    def advance(self, completed: float, doing: str) -> None:
        self._progress.update(self._task, completed=completed, doing=doing)

    def doing(self, what: str) -> None:
        self._progress.update(self._task, doing=what)

    def tell(self, line: str) -> None:
        self.console.print(f"  {line}", highlight=False)


def so_far(ledger: Ledger, faults: int, planned: int) -> str:
    return (
        f"{ledger.acknowledged} submissions and {ledger.acknowledged_commands} commands acknowledged, "
        f"fault {faults} of {planned}"
    )


def sums(world: World) -> Table:
    table = Table("ledger", "sums", title="What was asked, and what became of it")
    for name, said in _sums(world):
        table.add_row(name, said)
    return table


def _sums(world: World) -> Iterable[tuple[str, str]]:
    ledger = world.ledger
    yield "faults", ", ".join(f"{kind} {name} {count}" for (kind, name), count in sorted(world.disturbances.items()))
    if world.rollbacks:
        written, gone = sum(each.written for each in world.rollbacks), sum(each.gone for each in world.rollbacks)
        yield "rolled back", f"{gone} of {written} writes that one member alone had acknowledged"
    yield "submissions", f"{_fates(ledger.filed)}; {ledger.turned_away} did not come, as too many were under way"
    by_action: dict[str, list[LedgerEntry]] = defaultdict(list)
    for asked in ledger.commands:
        by_action[asked.action].append(asked)
    for action, of_action in sorted(by_action.items()):
        yield action, _fates(of_action)
    photos = sum(len(upload.items) for upload in ledger.uploads)
    yield "photos", f"{photos} acknowledged, {len(world.downloads)} read again"
    everything: list[LedgerEntry] = [*ledger.filed, *ledger.commands]
    yield "repeated", f"{sum(max(0, asked.attempts - 1) for asked in everything)} attempts after the first"
    statuses = Counter(status for asked in everything for status in asked.statuses)
    unanswered = sum(asked.attempts - len(asked.statuses) for asked in everything)
    yield (
        "answers",
        f"{', '.join(f'{status}: {count}' for status, count in sorted(statuses.items()))}, none: {unanswered}",
    )
    for topic, records in world.records.items():
        distinct = len({record.id for record in records})
        yield topic, f"{len(records)} records, {distinct} events, {len(records) - distinct} redelivered"
    types = Counter(event.type for event in world.events(SUBMISSIONS, ASSIGNMENTS, DEADLINES))
    yield "custodianships", f"{types['SubmissionAssigned']} assigned, {types['TriageRequested']} in triage"
    yield "DeadlineSet", f"{types['DeadlineSet']} for {len(world.assignments)} submissions"
    yield from _sums_of_tellings(world)
    yield "dead letters", str(sum(len(letters) for letters in world.dead_letters.values()))
    yield "sequence gaps told", str(sum(world.gaps.values()))


def _sums_of_tellings(world: World) -> Iterable[tuple[str, str]]:
    by_template = Counter((document["channel"], document["template"]) for document in world.notifications)
    for channel in ("mail", "inbox"):
        of_channel = {template: n for (by, template), n in by_template.items() if by == channel}
        listed = ", ".join(f"{template} {count}" for template, count in sorted(of_channel.items()))
        yield f"told by {channel}", f"{sum(of_channel.values())}: {listed}"
    arrived = Counter(mail.message_id for mail in world.mails)
    repeated = sum(count - 1 for count in arrived.values())
    most = max(arrived.values(), default=0)
    allowed = 1 + repetitions_allowed(world)
    repeats = f"{repeated} repeated (one at most {most} times, {allowed} allowed)"
    yield "mails", f"{len(world.mails)} taken, {len(arrived)} Message-IDs, {repeats}"
    taken = [hook.id for hook in world.hooks if hook.was_taken]
    again, refused = len(taken) - len(set(taken)), len(world.hooks) - len(taken)
    yield "webhooks", f"{len(taken)} taken, {again} of them repeated, {refused} refused"


def _fates(asked: Sequence[LedgerEntry]) -> str:
    fates = Counter(each.fate for each in asked)
    return f"{len(asked)} asked: " + ", ".join(f"{fates[fate]} {fate}" for fate in Fate)


def show_differences(console: Console, differences: Sequence[Difference]) -> None:
    by_sort: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        by_sort[difference.sort].append(difference)
    for sort, of_sort in by_sort.items():
        console.print(f"[bold red]{sort}: {len(of_sort)}[/bold red]")
        for difference in of_sort[:SHOWN_OF_A_SORT]:
            console.print(f"  {difference.about}: {difference.what}", highlight=False, markup=False, soft_wrap=True)
        if len(of_sort) > SHOWN_OF_A_SORT:
            console.print(f"  … and {len(of_sort) - SHOWN_OF_A_SORT} more")


def kills(world: World) -> int:
    return sum(count for (kind, _), count in world.disturbances.items() if kind is Kind.KILL)
