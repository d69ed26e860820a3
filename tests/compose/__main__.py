"""What `make compose-check` runs once there are an engine, Compose and images: the compose file, really run."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer
from rich.console import Console
from tawasul.stack.paths import REPOSITORY, state_folder

from tests.compose import confinement, images, isolation, kills, rotation, runbook, watch, way
from tests.compose.findings import Findings
from tests.compose.place import VARIABLES
from tests.compose.project import Project, any_password, keycloak_password

AT_ANY_HOUR = Path(__file__).with_name("at-any-hour.yml")
UNDER_LOAD = Path(__file__).with_name("under-load.yml")
CHOSEN = {"mongodb_root_password": any_password, "keycloak_admin_password": keycloak_password}
"""Secrets that a person chose before the others were made."""


def main(
    without: Annotated[list[str] | None, typer.Option(help="leave out: images, way, kills")] = None,
    keep: Annotated[bool, typer.Option(help="leave what was started running")] = False,
) -> None:
    left_out = set(without or ())
    console = Console(width=160, highlight=False)
    findings = Findings(console)
    folder = state_folder() / "compose-check"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if "images" not in left_out:
        with findings.phase("our images"):
            images.build_all(folder, findings)
    if "way" not in left_out:
        with findings.phase("docker compose up, as the file is (but mail at any hour)"):
            _as_shipped(folder, console, findings, keep)
    if "kills" not in left_out:
        with findings.phase("docker compose kill of each container under load"):
            _under_load(folder, console, findings, keep)
    if not findings.sum_up():
        raise typer.Exit(1)


def _as_shipped(folder: Path, console: Console, findings: Findings, keep: bool) -> None:
    with _running(Project(_new_secrets(folder / "secrets", CHOSEN), VARIABLES, [AT_ANY_HOUR]), keep) as project:
        confinement.check_profiles(project, findings)
        project.up()
        findings.expect(True, "docker compose up: all healthy, and the country loaded")
        confinement.check(project, findings)
        with findings.phase("the journey through the gateway"):
            (folder / "mails").mkdir()
            asyncio.run(way.check(project, folder / "mails", console, findings))
        with findings.phase("whose credentials open what"):
            isolation.check(project, findings)
        with findings.phase("the profile `watch`"):
            watch.check(project, findings)
        with findings.phase("a second start"):
            project.compose("stop")
            project.up()
            said = project.compose("logs", "--no-log-prefix", "country-init")
            findings.expect("there is a country already" in said, "a country that is there stays as it is", said)
        with findings.phase("the runbook's commands"):
            runbook.check(project, folder, findings)
        with findings.phase("every secret changed, as in the runbook"):
            asyncio.run(rotation.check(project, folder, findings))


def _under_load(folder: Path, console: Console, findings: Findings, keep: bool) -> None:
    with _running(Project(_new_secrets(folder / "secrets-2"), VARIABLES, [AT_ANY_HOUR, UNDER_LOAD]), keep) as project:
        project.up()
        (folder / "kills").mkdir()
        asyncio.run(kills.check(project, folder / "kills", console, findings))


@contextmanager
def _running(project: Project, keep: bool) -> Iterator[Project]:
    """Nothing of it is left at the end, however it comes."""
    project.down()
    try:
        yield project
    finally:
        if not keep:
            project.down()


def _new_secrets(folder: Path, chosen: Mapping[str, Callable[[], str]] = MappingProxyType({})) -> Path:
    folder.mkdir()
    for name, password in chosen.items():
        (folder / name).write_text(password())
    script = REPOSITORY / "deploy" / "docker" / "secrets.sh"
    subprocess.run(["sh", str(script), str(folder)], check=True, capture_output=True)
    return folder


if __name__ == "__main__":
    typer.run(main)
