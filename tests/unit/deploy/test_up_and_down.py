"""The stack as a command: it stays, tells of itself, and leaves nothing behind however it ends."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tawasul.cli import app
from tawasul.stack.run_file import Run, RunFile
from typer.testing import CliRunner

STACK = """
import asyncio, contextlib, sys
from rich.console import Console
from tawasul.stack.settings import StackSettings
from tawasul.stack.up import stack
from tests.unit.deploy.components import STAYS, Script

async def main():
    components = [Script("store"), Script("service", needs=("store",)), Script("door", needs=("service",))]
    async with stack(StackSettings(), components, Console(file=sys.stderr)):
        print("up", flush=True)
        await asyncio.Event().wait()

with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAWASUL_STATE", str(tmp_path))
    return tmp_path


@contextlib.contextmanager
def a_running_stack(state: Path) -> Iterator[tuple[subprocess.Popen[str], Run]]:
    command = [sys.executable, "-c", STACK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            run = RunFile(state).read()
            assert run is not None
            yield process, run
        finally:
            process.kill()


def tawasul(*arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, arguments)
    return outcome.exit_code, outcome.output


def alive(run: Run) -> list[str]:
    return [part.name for part in run.parts if part.pid is not None and psutil.pid_exists(part.pid)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_and_no_run_file(state: Path, number: signal.Signals) -> None:
    with a_running_stack(state) as (process, run):
        assert alive(run) == ["store", "service", "door"]
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert alive(run) == []
        assert not (state / "run.json").exists()


def test_ctrl_c_twice_still_stops_in_order(state: Path) -> None:
    with a_running_stack(state) as (process, run):
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert alive(run) == []


def test_status_tells_what_runs_and_down_stops_it(state: Path) -> None:
    with a_running_stack(state) as (process, run):
        code, told = tawasul("status")
        assert (code, told.count("ready")) == (0, 3)
        assert tawasul("down") == (0, "stopped\n")
        assert alive(run) == []
        process.wait(timeout=20)
    assert tawasul("status") == (1, "nothing is running: `make up` starts it\n")
    assert tawasul("down") == (0, "nothing is running\n")


def test_a_second_start_says_so_and_leaves_the_first_alone(state: Path) -> None:
    with a_running_stack(state) as (_, run):
        code, told = tawasul("up")
        assert code == 1
        assert "the stack is running already" in told.replace("\n", " ")
        assert len(alive(run)) == 3


def test_after_a_kill_the_next_start_works(state: Path) -> None:
    with a_running_stack(state) as (process, _):
        process.kill()
        process.wait(timeout=20)
    assert (state / "run.json").exists()
    with a_running_stack(state) as (_, run):
        assert len(alive(run)) == 3


def test_reset_removes_the_data_but_not_from_under_a_running_stack(state: Path) -> None:
    with a_running_stack(state):
        assert tawasul("reset")[0] == 1
    (state / "mongod").mkdir()
    (state / "kafka-jars").mkdir()
    (state / "of-another-disk").mkdir()
    (state / "kafka").symlink_to(state / "of-another-disk")
    assert tawasul("reset")[0] == 0
    assert not (state / "mongod").exists()
    assert not (state / "kafka").is_symlink()
    assert (state / "kafka-jars").exists()
    assert (state / "of-another-disk").exists()


def test_logs_of_something_unknown_name_what_there_is(state: Path) -> None:
    (state / "logs").mkdir()
    (state / "logs" / "intake.log").write_text("hello\n")
    code, told = tawasul("logs", "intak")
    assert code == 1
    assert "logs there are: intake" in told
    assert tawasul("logs", "intake", "--no-follow") == (0, "intake | hello\n")
