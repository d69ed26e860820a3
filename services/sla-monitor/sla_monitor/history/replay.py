"""`replay-history`: Boston's requests of 2011 put through the record, row by row against the city's own verdict.

The city says `ONTIME` or `OVERDUE` of each request. Its file writes times without a zone; a request without a due time
is never late. Rows on which the city says nothing are listed and judged all the same.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sla_monitor.history.model import Case, Judge, Verdict
from sla_monitor.performance.case_results import SEPARATOR
from sla_monitor.performance.figures import Figures, figures_of

ZONE = "America/New_York"
CITY_SAYS = {"ONTIME": Verdict.IN_TIME, "OVERDUE": Verdict.LATE}
AT_THE_END = datetime(2100, 1, 1, tzinfo=UTC)
"""The file was made long after: what is open in it and was due is overdue."""

Row = dict[str, str]


class NoSuchFile(Exception):
    """There is none, or it has other columns."""


@dataclass
class Replayed:
    """`different` are ids on which record and city disagree, `unsaid` those on which the city says nothing."""

    equal: int = 0
    different: list[str] = field(default_factory=list)
    unsaid: list[tuple[str, Verdict]] = field(default_factory=list)
    entities: dict[str, Figures] = field(default_factory=dict)


def read_rows(file: Path) -> Iterator[Row]:
    """Raises NoSuchFile."""
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            wanted = {"case_enquiry_id", "open_dt", "target_dt", "closed_dt", "ontime", "department"}
            if missing := wanted - set(rows.fieldnames or ()):
                raise NoSuchFile(f"{file} has no {', '.join(sorted(missing))}")
            yield from rows
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise NoSuchFile(f"{file} cannot be read as a compressed CSV file") from error


def replay(rows: Iterable[Row]) -> Replayed:
    """Of every row the verdict, of every department the figures that the record makes of them."""
    judge, found = Judge(ZONE, AT_THE_END), Replayed()
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
