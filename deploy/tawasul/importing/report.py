"""Shows an import: a progress bar while it runs, and at the end a table that accounts for every row."""

import json
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tawasul.importing.journal import Progress as Journalled
from tawasul.importing.ledger import Sums
from tawasul.importing.run import Run


class _Counts(ProgressColumn):
    """Rows a second of this run, and what became of all rows so far."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def render(self, task: Task) -> Text:
        sums = self._run.progress.sums
        rate = (sums.rows - self._run.began_at) / (task.elapsed or 1)
        counts = f"{rate:,.0f}/s  accepted {sums.accepted:,}  repeated {sums.repeated:,}  rejected {sums.rejected:,}"
        return Text(counts + (f"  failed {sums.failed:,}" if sums.failed else ""))


def progress_bar(run: Run, console: Console) -> Progress:
    """The bar follows the bytes of the file, since nobody knows its rows before the end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.percentage:>3.0f}%"),
        _Counts(run),
        TimeElapsedColumn(),
        TextColumn("[yellow]{task.fields[waiting_for]}"),
    )
    bar = Progress(*columns, console=console, refresh_per_second=4)
    bar.add_task(run.file.path.name, total=run.file.size or None, waiting_for="")
    return bar


def move(bar: Progress, run: Run) -> None:
    bar.update(bar.task_ids[0], completed=run.file.position, waiting_for=run.sender.waiting_for)


def table(progress: Journalled, seconds: float, rows_of_this_run: int) -> Table:
    sums = progress.sums
    shown = Table("", "rows", "", title=f"import of {Path(progress.subject.file).name}", title_justify="left")
    shown.columns[1].justify = "right"
    rate = rows_of_this_run / seconds if seconds else 0
    shown.add_row("accepted", f"{sums.accepted:,}", "filed by this import")
    shown.add_row("repeated", f"{sums.repeated:,}", _repetitions(sums))
    shown.add_row("rejected", f"{sums.rejected:,}", str(progress.rejects) if sums.rejected else "")
    shown.add_row("failed", f"{sums.failed:,}", f"{progress.rejects}: import them again" if sums.failed else "")
    for reason, count in sums.reasons.items():
        shown.add_row(f"  {reason}", f"{count:,}", "", style="dim")
    shown.add_section()
    verdict = "the sum of the above" if sums.balance else "NOT the sum of the above"
    shown.add_row("rows read", f"{sums.rows:,}", f"{verdict}; {rows_of_this_run:,} in {seconds:,.1f} s: {rate:,.0f}/s")
    return shown


def _repetitions(sums: Sums) -> str:
    if not sums.repeated_in_file:
        return "filed before" if sums.repeated else ""
    examples = ", ".join(f"line {line} repeats {first}" for line, first in sums.examples_in_file)
    more = ", …" if sums.repeated_in_file > len(sums.examples_in_file) else ""
    return f"{sums.repeated_in_file:,} of them inside the file ({examples}{more})"


def as_json(progress: Journalled, seconds: float, rows_of_this_run: int, journal: Path) -> str:
    sums = progress.sums
    rejects = str(progress.rejects) if sums.rejected or sums.failed else None
    document = sums.model_dump(mode="json") | {
        "balance": sums.balance,
        "finished": progress.finished,
        "rows_of_this_run": rows_of_this_run,
        "seconds": round(seconds, 3),
        "rejects": rejects,
        "journal": str(journal),
    }
    return json.dumps(document, ensure_ascii=False)
