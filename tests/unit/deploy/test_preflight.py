"""The preflight: one line that says what is wrong and what to do, before anything has started."""

import json
import os
import socket
from pathlib import Path

import psutil
import pytest
from tawasul.stack import preflight
from tawasul.stack.component import CannotStart
from tawasul.stack.kafka import Kafka
from tawasul.stack.ports import Port, free_port
from tawasul.stack.run_file import RunFile

from tests.unit.deploy.components import Script


def a_run_file(state: Path, pid: int, born: float) -> None:
    run = {"supervisor": pid, "born": born, "door": "http://localhost:8080", "parts": []}
    (state / "run.json").write_text(json.dumps(run))


def test_a_busy_port_names_itself_its_variable_and_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = Port("sla-monitor", busy.getsockname()[1])
        with pytest.raises(CannotStart) as refusal:
            preflight.check_ports([Script("sla-monitor", ports=(port,))])
    reason = str(refusal.value)
    assert f"port {port.number} (sla-monitor) is taken by" in reason
    assert f"process {os.getpid()}" in reason
    assert "set TAWASUL_PORT_SLA_MONITOR to another port" in reason


def test_free_ports_pass() -> None:
    preflight.check_ports([Script("door", ports=(Port("door", free_port()),))])


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"GB left and .* GB are needed: make room, or set TAWASUL_STATE"):
        preflight.check_room(tmp_path, needed=10**18)


def test_data_of_an_older_layout_are_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mongod").mkdir()
    (tmp_path / "layout").write_text("0")
    with pytest.raises(CannotStart, match="`make reset` removes them"):
        preflight.check_layout(tmp_path)
    assert (tmp_path / "mongod").exists()


def test_a_new_state_folder_gets_its_stamp(tmp_path: Path) -> None:
    preflight.check_layout(tmp_path / "state")
    assert (tmp_path / "state" / "layout").read_text() == preflight.LAYOUT


def test_a_second_start_is_refused(tmp_path: Path) -> None:
    a_run_file(tmp_path, os.getpid(), psutil.Process().create_time())
    with pytest.raises(CannotStart, match=r"running already .*`make down` stops it"):
        preflight.check_not_running(tmp_path)


def test_what_a_killed_stack_left_behind_does_not_stand_in_the_way(tmp_path: Path) -> None:
    a_run_file(tmp_path, os.getpid(), born=1.0)  # the id is in use again, by somebody else
    preflight.check_not_running(tmp_path)
    assert RunFile(tmp_path).read() is None


def test_a_run_file_cut_short_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"supervisor": 1')
    assert RunFile(tmp_path).read() is None


def test_a_missing_mvn_is_said_only_when_the_jars_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TAWASUL_STATE", str(tmp_path))
    kafka = Kafka(tmp_path / "kafka", free_port(), free_port())
    with pytest.raises(CannotStart, match="apt-get install maven"):
        kafka.prepare()
    assert not (tmp_path / "kafka").exists()
