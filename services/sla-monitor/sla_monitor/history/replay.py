"""Replays Boston's requests of 2011 through the record (`replay-history`), and compares each with the city's own
verdict.

The city's verdict is `ONTIME` or `OVERDUE`. Its file writes times without a zone; a request without a due time is never
late. Rows without a verdict are listed and computed all the same.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sla_monitor.clocks.case_results import SEPARATOR
from sla_monitor.history.model import Case, Judge, Verdict
from sla_monitor.performance.figures import Figures, figures_of

ZONE = "America/New_York"
CITY_SAYS = {"ONTIME": Verdict.IN_TIME, "OVERDUE": Verdict.LATE}
AT_THE_END = datetime(2100, 1, 1, tzinfo=UTC)
"""The export is much later than its cases, so every open case that had a due time is overdue."""

Row = dict[str, str]


class NoSuchFile(Exception):
    """The file is missing or has other columns."""


@dataclass
class ReplayResult:
    """`different` are ids on which record and city disagree; `unsaid` are those without a verdict of the city."""

    equal: int = 0
    different: list[str] = field(default_factory=list)
    unsaid: list[tuple[str, Verdict]] = field(default_factory=list)
    entities: dict[str, Figures] = field(default_factory=dict)


def read_rows(file: Path) -> Iterator[Row]:
    """Read the city's rows. Raises NoSuchFile."""
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            wanted = {"case_enquiry_id", "open_dt", "target_dt", "closed_dt", "ontime", "department"}
            if missing := wanted - set(rows.fieldnames or ()):
                raise NoSuchFile(f"{file} has no {', '.join(sorted(missing))}")
            yield from rows
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise NoSuchFile(f"{file} cannot be read as a compressed CSV file") from error


def replay(rows: Iterable[Row]) -> ReplayResult:
    """Compute the verdict of every row and the figures of every department."""
    judge, found = Judge(ZONE, AT_THE_END), ReplayResult()
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        case = case_of(row)
        judged = judge.judge(case)
        said = CITY_SAYS.get(row["ontime"])
        if said is None:
            found.unsaid.append((case.id, judged.verdict))
        elif said is judged.verdict:
            found.equal += 1
        else:
            found.different.append(case.id)
        for key, number in judged.counts.items():
            entity, *_, what = key.split(SEPARATOR)
            sums.setdefault(entity, Counter())[what] += number
    found.entities = {entity: figures_of([counts]) for entity, counts in sorted(sums.items())}
    return found


def case_of(row: Row) -> Case:
    received_at = _moment(row["open_dt"])
    assert received_at is not None, "every request was opened"
    return Case(
        id=row["case_enquiry_id"],
        entity=row["department"] or "none",
        received_at=received_at,
        due_at=_moment(row["target_dt"]),
        closed_at=_moment(row["closed_dt"]),
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC) if text else None
