"""The Prometheus of the local stack reads the same rules and jobs as the one with Docker."""

from pathlib import Path

import pytest
import yaml
from tawasul.stack.local import local_stack, upstreams
from tawasul.stack.ports import Port
from tawasul.stack.prometheus import FOLDER, Prometheus
from tawasul.stack.settings import SERVICES, StackSettings

from tests.support.promtool import Promtool


def a_prometheus(folder: Path) -> Prometheus:
    return Prometheus("prometheus", Port("prometheus", 9_999), upstreams(StackSettings()), folder)


def test_it_asks_every_service_at_its_own_address_under_the_name_that_rules_use(tmp_path: Path) -> None:
    a_prometheus(tmp_path).prepare()
    written = yaml.safe_load((tmp_path / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job["static_configs"] for job in written["scrape_configs"]}
    asked = {entry["labels"]["service"]: entry["targets"] for entry in jobs["tawasul"]}
    assert asked == {name: [address] for name, address in upstreams(StackSettings()).items()}
    assert set(asked) == set(SERVICES)
    assert jobs["prometheus"] == [{"targets": ["127.0.0.1:9999"]}]


def test_what_only_containers_have_is_left_out(tmp_path: Path) -> None:
    a_prometheus(tmp_path).prepare()
    written = yaml.safe_load((tmp_path / "prometheus.yml").read_text())
    assert {job["job_name"] for job in written["scrape_configs"]} == {"tawasul", "prometheus"}
    assert "alerting" not in written


async def test_its_configuration_and_rules_can_be_read(tmp_path: Path, promtool: Promtool) -> None:
    a_prometheus(tmp_path).prepare()
    said = await promtool.says("check", "config", "prometheus.yml", folder=tmp_path)
    assert f"{len(list((FOLDER / 'rules').glob('*.yml')))} rule files found" in said


@pytest.mark.parametrize("is_installed", [True, False])
def test_it_belongs_to_the_stack_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_installed: bool
) -> None:
    if is_installed:
        (tmp_path / "prometheus").write_text("#!/bin/sh\n")
        (tmp_path / "prometheus").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    names = [part.name for part in local_stack(StackSettings(state=tmp_path))]
    assert ("prometheus" in names) == is_installed
