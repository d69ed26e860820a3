"""The record against the verdicts of a real city; skipped where its file is not at hand."""

import gzip
import os
from pathlib import Path

import pytest
from sla_monitor.history.model import Verdict
from sla_monitor.history.replay import case_of, read_rows, replay
from sla_monitor.operations.command_line import run
from tawasul.stack.paths import REPOSITORY

DATA = Path(os.environ.get("TAWASUL_DATA") or REPOSITORY.parent / "shared" / "data")
BOSTON = DATA / "boston311" / "requests_2011.csv.gz"
COLUMNS = ("case_enquiry_id", "open_dt", "target_dt", "closed_dt", "ontime", "department")
OPENED, DUE = "2011-07-01 08:00:00", "2011-07-02 08:00:00"

ROWS = [
    ("1", OPENED, DUE, "2011-07-02 08:00:00", "ONTIME", "PWDx"),
    ("2", OPENED, DUE, "2011-07-02 08:00:01", "OVERDUE", "PWDx"),
    ("3", OPENED, DUE, "", "OVERDUE", "PWDx"),
    ("4", OPENED, "", "2019-01-01 08:00:00", "ONTIME", "ISD"),
    ("5", OPENED, "", "", "ONTIME", "ISD"),
    ("6", OPENED, DUE, "2011-08-02 08:00:00", "", "ISD"),
    ("7", OPENED, DUE, "2011-07-01 09:00:00", "OVERDUE", "ISD"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [",".join(row) for row in (COLUMNS, *ROWS)]
    path = tmp_path / "requests.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_each_verdict_is_held_against_the_citys_and_where_it_has_none_the_record_says_its_own(file: Path) -> None:
    found = replay(read_rows(file))
    assert (found.equal, found.different, found.unsaid) == (5, ["7"], [("6", Verdict.LATE)])
    assert [(id, each.received, each.answered) for id, each in found.entities.items()] == [
        ("ISD", 4, 3),
        ("PWDx", 3, 2),
    ]


def test_times_without_a_zone_are_the_citys() -> None:
    case = case_of(dict(zip(COLUMNS, ROWS[0], strict=True)))
    assert case.due_at is not None
    assert (case.received_at.hour, case.due_at.day) == (12, 2)


def test_the_command_says_where_it_differs_and_what_it_cannot_read(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay-history", str(file)]) == 1
    assert "7: record and city disagree" in capsys.readouterr().out
    assert run(["replay-history", str(tmp_path / "nothing.csv.gz")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.full
@pytest.mark.skipif(
    not BOSTON.exists(), reason=f"Boston's requests are not at {BOSTON}: name their folder in TAWASUL_DATA"
)
def test_58093_verdicts_equal_those_of_boston_and_158_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay-history", str(BOSTON)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "58,093 verdicts equal the city's, 0 differ; of 158 the city says nothing, they are listed"
