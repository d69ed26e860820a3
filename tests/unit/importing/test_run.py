"""A whole import against an intake that answers as told: every row is accounted for, whatever comes between."""

import csv
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tawasul.importing import run as importing_run
from tawasul.importing.journal import Journal
from tawasul.importing.opening import opened
from tawasul.importing.pace import Replay
from tawasul.importing.refusal import CannotImport
from tawasul.importing.report import as_json
from tawasul.importing.rows import Damaged
from tawasul.importing.run import Run

from tests.unit.importing.builders import (
    Answer,
    FakeIntake,
    a_bearer,
    a_csv,
    a_mapping,
    an_order,
    imported,
    numbered,
    problem,
    status,
)


@pytest_asyncio.fixture
async def intake() -> AsyncIterator[FakeIntake]:
    async with FakeIntake().serving() as serving:
        yield serving


def sums(run: Run) -> tuple[int, int, int, int, int]:
    """Rows, accepted, repeated, rejected, failed."""
    all_ = run.progress.sums
    assert all_.balance
    return all_.rows, all_.accepted, all_.repeated, all_.rejected, all_.failed


def rejected(run: Run) -> list[list[str]]:
    with run.rejects.path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def stops_after(intake: FakeIntake, requests: int) -> Callable[[Run], None]:
    """Tells the run to stop when the intake has seen so many requests, as Ctrl-C does."""

    def _watch(run: Run) -> None:
        def _look() -> None:
            if intake.requests >= requests:
                run.stop.set()

        intake.before_answer = _look

    return _watch


async def test_every_row_of_a_good_file_is_filed_once(intake: FakeIntake, tmp_path: Path) -> None:
    run = await imported(an_order(intake, a_csv(tmp_path, *numbered(100)), a_mapping(tmp_path)))
    assert sums(run) == (100, 100, 0, 0, 0)
    assert run.progress.finished
    assert len(intake.filed) == len(set(intake.texts)) == 100
    assert not run.rejects.path.exists()


async def test_bad_rows_are_told_with_line_and_reason_and_nothing_else_is_lost(
    intake: FakeIntake, tmp_path: Path
) -> None:
    def refuses(body: dict[str, Any]) -> Answer | None:
        return problem(422, "invalid", "words we do not take") if body["text"] == "odd" else None

    intake.refuses = refuses
    file = a_csv(tmp_path, "1,a", "2,", "3", "4,odd", "5,e", ",f", '7,"g', "8,h")
    run = await imported(an_order(intake, file, a_mapping(tmp_path)))
    assert sums(run) == (8, 3, 0, 5, 0)
    assert intake.texts == ["a", "e", "h"]
    assert rejected(run) == [
        ["rejected_line", "rejected_reason", "id", "words"],
        ["3", "no text", "2", ""],
        ["4", "wrong number of columns: 1 in place of 2", "3"],
        ["5", "refused by the service: 422, words we do not take", "4", "odd"],
        ["7", "no key: nothing in id", "", "f"],
        ["8", "not CSV: unexpected end of data", '7,"g'],
    ]
    assert run.progress.sums.reasons == {
        "no text": 1,
        "wrong number of columns": 1,
        "refused by the service": 1,
        "no key": 1,
        "not CSV": 1,
    }


async def test_a_mended_rejects_file_can_be_imported_itself(intake: FakeIntake, tmp_path: Path) -> None:
    mapping = a_mapping(tmp_path)
    run = await imported(an_order(intake, a_csv(tmp_path, "1,a", "2,"), mapping))
    mended = tmp_path / "mended.csv"
    mended.write_text(run.rejects.path.read_text().replace(",2,", ",2,b"))
    assert sums(await imported(an_order(intake, mended, mapping))) == (1, 1, 0, 0, 0)
    assert intake.texts == ["a", "b"]


async def test_repetitions_inside_the_file_are_filed_once_and_told(intake: FakeIntake, tmp_path: Path) -> None:
    file = a_csv(tmp_path, "1,a", "2,b", "1,a", "1,other", "2,b", "1,a")
    run = await imported(an_order(intake, file, a_mapping(tmp_path)))
    assert sums(run) == (6, 2, 3, 1, 0)
    assert run.progress.sums.repeated_in_file == 3
    assert run.progress.sums.examples_in_file == [(4, 2), (6, 3), (7, 2)]
    assert rejected(run)[1:] == [["5", "same key, other content: line 2 has it already", "1", "other"]]
    assert intake.texts == ["a", "b"]


async def test_a_second_run_recognises_every_row(intake: FakeIntake, tmp_path: Path) -> None:
    order = an_order(intake, a_csv(tmp_path, *numbered(50)), a_mapping(tmp_path))
    await imported(order)
    intake.later()
    assert sums(await imported(order)) == (50, 0, 50, 0, 0)
    assert len(intake.filed) == 50


async def test_a_grown_file_files_only_what_is_new(intake: FakeIntake, tmp_path: Path) -> None:
    mapping = a_mapping(tmp_path)
    await imported(an_order(intake, a_csv(tmp_path, *numbered(20)), mapping))
    intake.later()
    assert sums(await imported(an_order(intake, a_csv(tmp_path, *numbered(30)), mapping))) == (30, 10, 20, 0, 0)


async def test_a_changed_row_is_told_instead_of_filed_again(intake: FakeIntake, tmp_path: Path) -> None:
    mapping = a_mapping(tmp_path)
    await imported(an_order(intake, a_csv(tmp_path, "1,a", "2,b"), mapping))
    intake.later()
    run = await imported(an_order(intake, a_csv(tmp_path, "1,a", "2,B"), mapping))
    assert sums(run) == (2, 0, 1, 1, 0)
    assert rejected(run)[1][1].startswith("filed before with other content")


async def test_a_stopped_run_goes_on_where_it_was(intake: FakeIntake, tmp_path: Path) -> None:
    order = an_order(intake, a_csv(tmp_path, *numbered(100), "7,the lamp 7 is out"), a_mapping(tmp_path))
    stopped = await imported(order, stops_after(intake, 40))
    assert not stopped.progress.finished
    assert 40 <= stopped.progress.sums.rows < 60
    intake.later()
    before = intake.requests
    resumed = await imported(order)
    assert resumed.began_at == stopped.progress.sums.rows
    assert intake.requests - before == 101 - resumed.began_at
    assert sums(resumed) == (101, 100, 1, 0, 0)
    assert resumed.progress.sums.examples_in_file == [(102, 8)], "what the first part read is known to the second"


async def test_a_run_killed_between_two_saves_counts_each_row_and_reject_once(
    intake: FakeIntake, tmp_path: Path
) -> None:
    lines = [line if number % 5 else f"{number}," for number, line in enumerate(numbered(100), 1)]
    order = an_order(intake, a_csv(tmp_path, *lines), a_mapping(tmp_path))
    stopped = await imported(order, stops_after(intake, 30))
    journalled, rejects = stopped.journal.path.read_bytes(), stopped.rejects.path
    second = await imported(order, stops_after(intake, 60))
    assert second.progress.rejects_length > stopped.progress.rejects_length
    stopped.journal.path.write_bytes(journalled)  # as if the second part had been killed before it saved anything
    last = await imported(order)
    assert sums(last) == (100, 80, 0, 20, 0)
    assert [row[0] for row in rejected(last)[1:]] == [str(number + 1) for number in range(5, 101, 5)]
    assert last.rejects.path == rejects
    assert len(intake.filed) == 80


async def test_restart_reads_from_the_beginning(intake: FakeIntake, tmp_path: Path) -> None:
    file, mapping = a_csv(tmp_path, *numbered(50)), a_mapping(tmp_path)
    first = await imported(an_order(intake, file, mapping), stops_after(intake, 20))
    intake.before_answer = lambda: None
    intake.later()
    run = await imported(an_order(intake, file, mapping, resume=False))
    assert sums(run) == (50, 50 - first.progress.sums.rows, first.progress.sums.rows, 0, 0)


async def test_a_limit_is_where_the_next_run_goes_on(intake: FakeIntake, tmp_path: Path) -> None:
    order = an_order(intake, a_csv(tmp_path, *numbered(50)), a_mapping(tmp_path), limit=20)
    assert [sums(await imported(order))[0] for _ in range(3)] == [20, 40, 50]
    assert len(intake.filed) == intake.requests == 50


async def test_rows_that_fail_are_kept_and_the_others_go_on(intake: FakeIntake, tmp_path: Path) -> None:
    error = status(500, **{"Retry-After": "0"})
    intake.refuses = lambda body: error if "lamp 3 " in body["text"] else None
    run = await imported(an_order(intake, a_csv(tmp_path, *numbered(10)), a_mapping(tmp_path)))
    assert sums(run) == (10, 9, 0, 0, 1)
    assert rejected(run)[1] == ["4", "error of the service: 500, 5 times", "3", "the lamp 3 is out"]


async def test_an_end_by_the_service_leaves_a_run_to_go_on_with(intake: FakeIntake, tmp_path: Path) -> None:
    order = an_order(intake, a_csv(tmp_path, *numbered(40)), a_mapping(tmp_path), bearer=a_bearer("old", "old"))
    intake.refuses = lambda body: status(401) if "lamp 20 " in body["text"] else None
    with pytest.raises(CannotImport, match="not accepted, or no longer"):
        await imported(order)
    intake.refuses = lambda body: None
    run = await imported(an_order(intake, order.file, order.mapping))
    assert 0 < run.began_at < 20
    assert sums(run) == (40, 40, 0, 0, 0)


async def test_rows_before_a_damaged_end_are_filed(intake: FakeIntake, tmp_path: Path) -> None:
    file = a_csv(tmp_path, *numbered(300), name="requests.csv.gz")
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(Damaged, match="cannot be read beyond line"):
        await imported(an_order(intake, file, a_mapping(tmp_path)))
    with_journal = Journal(tmp_path / "state", file, intake.url)
    progress = with_journal.read()
    with_journal.close()
    assert progress is not None
    assert not progress.finished
    assert progress.sums.accepted == progress.sums.rows == len(intake.filed)


async def test_reading_does_not_run_ahead_of_a_stuck_row(intake: FakeIntake, tmp_path: Path) -> None:
    ahead: list[int] = []

    def watch(run: Run) -> None:
        intake.before_answer = lambda: ahead.append(run.rows_read - run.progress.sums.rows)

    intake.script.append(status(503, **{"Retry-After": "1"}))
    count = importing_run.WINDOW + 500
    run = await imported(an_order(intake, a_csv(tmp_path, *numbered(count)), a_mapping(tmp_path)), watch)
    assert sums(run) == (count, count, 0, 0, 0)
    assert max(ahead) <= importing_run.WINDOW


async def test_a_replay_needs_a_time_column_and_keeps_the_order(intake: FakeIntake, tmp_path: Path) -> None:
    file = a_csv(tmp_path, "1,a,2026-11-24 08:00", "2,b,2026-11-24 08:10", header="id,words,opened")
    with pytest.raises(CannotImport, match="names no time column"):
        await imported(an_order(intake, file, a_mapping(tmp_path), pace=Replay(6_000)))
    mapping = a_mapping(tmp_path, time={"column": "opened"})
    assert sums(await imported(an_order(intake, file, mapping, pace=Replay(6_000)))) == (2, 2, 0, 0, 0)


async def test_another_account_is_refused_as_it_would_file_everything_twice(intake: FakeIntake, tmp_path: Path) -> None:
    file, mapping = a_csv(tmp_path, *numbered(5)), a_mapping(tmp_path)
    await imported(an_order(intake, file, mapping))
    with pytest.raises(CannotImport, match="“ada” would file its rows a second time"):
        await imported(an_order(intake, file, mapping, bearer=a_bearer("e30.eyJzdWIiOiAiYWRhIn0.x")))


@pytest.mark.parametrize("changes", ["the file", "the mapping", "the rejects", "rejects gone"])
async def test_an_interrupted_run_goes_on_only_with_what_it_began_with(
    intake: FakeIntake, tmp_path: Path, changes: str
) -> None:
    file, mapping = a_csv(tmp_path, "0,", *numbered(50)), a_mapping(tmp_path)
    stopped = await imported(an_order(intake, file, mapping), stops_after(intake, 20))
    if changes == "the file":
        os.utime(file, (1, 1))
    elif changes == "the mapping":
        mapping = a_mapping(tmp_path, language="ar")
    elif changes == "rejects gone":
        stopped.rejects.path.unlink()
    rejects = tmp_path / "elsewhere.csv" if changes == "the rejects" else None
    with pytest.raises(CannotImport, match="--restart"):
        await imported(an_order(intake, file, mapping, rejects=rejects))


async def test_one_file_is_imported_by_one_process_at_a_time(intake: FakeIntake, tmp_path: Path) -> None:
    order = an_order(intake, a_csv(tmp_path, *numbered(5)), a_mapping(tmp_path))
    async with opened(order):
        with pytest.raises(CannotImport, match="another process"):
            await imported(order)


async def test_the_rejects_never_overwrite_what_is_imported(intake: FakeIntake, tmp_path: Path) -> None:
    file = a_csv(tmp_path, "1,")
    with pytest.raises(CannotImport, match="would overwrite"):
        await imported(an_order(intake, file, a_mapping(tmp_path), rejects=tmp_path / "." / file.name))


async def test_the_sums_as_json(intake: FakeIntake, tmp_path: Path) -> None:
    run = await imported(an_order(intake, a_csv(tmp_path, "1,a", "1,a", "2,"), a_mapping(tmp_path)))
    told = json.loads(as_json(run.progress, 2.0, 3, run.journal.path))
    counts = ("rows", "accepted", "repeated", "rejected", "failed", "repeated_in_file", "rows_of_this_run")
    assert [told[name] for name in counts] == [3, 1, 1, 1, 0, 1, 3]
    assert told["balance"]
    assert told["finished"]
    assert told["rejects"] == str(run.rejects.path)
