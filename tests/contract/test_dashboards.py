"""The dashboards: made from the code, asking for what is measured, and readable by Grafana and Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tawasul.cli import app
from tawasul.dashboards.board import SOURCE, WIDTH, Board
from tawasul.dashboards.boards import BOARDS
from tawasul.dashboards.command import differences, files
from tawasul.stack.paths import REPOSITORY
from typer.testing import CliRunner

from tests.support.promtool import Promtool
from tests.support.rules import known_series
from tests.support.watching import asked


def _panels() -> Iterator[tuple[Board, dict[str, Any]]]:
    for board in BOARDS:
        for panel in board.json()["panels"]:
            yield board, panel


def test_the_files_are_what_the_code_says() -> None:
    assert differences() == [], "run: tawasul dashboards"
    assert CliRunner().invoke(app, ["dashboards", "--check"]).exit_code == 0


def test_grafana_finds_every_file_and_the_source_that_they_name() -> None:
    folder = REPOSITORY / "deploy" / "grafana"
    (provider,) = yaml.safe_load((folder / "dashboards.yaml").read_text())["providers"]
    (source,) = yaml.safe_load((folder / "datasources.yaml").read_text())["datasources"]
    assert (source["type"], source["uid"]) == (SOURCE["type"], SOURCE["uid"])
    mounted = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["grafana"]["volumes"]
    assert f"./deploy/grafana/dashboards:{provider['options']['path']}:ro" in mounted
    assert {json.loads(text)["uid"] for text in files().values()} == {board.uid for board in BOARDS}


def test_the_screens_that_operations_need_are_there() -> None:
    wanted = {"Is anyone waiting?", "Intake", "Routing", "Deadlines", "Delivery", "Kafka and MongoDB", "One entity"}
    assert {board.title for board in BOARDS} == wanted


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_panels_do_not_overlap_and_say_how_to_read_them(board: Board) -> None:
    places: set[tuple[int, int]] = set()
    for panel in board.json()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert max(x for x, _ in cells) < WIDTH
        assert not places & cells, panel["title"]
        places |= cells
        assert panel["description"].endswith(".")
        assert panel["targets"]
    assert len({panel["title"] for panel in board.json()["panels"]}) == len(board.panels)


def test_only_what_is_measured_or_recorded_is_asked_for() -> None:
    known, recorded = known_series()
    for board, panel in _panels():
        for target in panel["targets"]:
            where = f"{board.title}: {panel['title']}"
            assert set(re.findall(r"\btawasul_\w+", target["expr"])) <= known, where
            assert set(re.findall(r"\b\w+:\w+:\w+", target["expr"])) <= recorded, where


async def test_prometheus_can_read_every_query(promtool: Promtool, tmp_path: Path) -> None:
    rules = [{"record": "dashboard:query", "labels": {"at": where}, "expr": expr} for where, expr, _ in asked("works")]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    await promtool.says("check", "rules", "queries.yml", folder=tmp_path)
