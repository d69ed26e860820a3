"""The runbook's commands for Docker, each run as it stands there."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from secrets import token_urlsafe

from tawasul.stack.paths import REPOSITORY

from tests.compose.findings import Findings
from tests.compose.place import SignedIn, keycloak
from tests.compose.project import Project
from tests.compose.until import until

RUNBOOK = REPOSITORY / "deploy" / "docs" / "runbook.md"
IN_THIS_ORDER = (
    "kcadm.sh set-password",
    "/internal/dead-letters",
    "up -d --no-deps --wait notifier",
    "up -d --no-deps --wait sla-monitor",
    "up -d --no-deps --wait router",
    "up -d --no-deps --wait intake",
    "stop router",
    "--reset-offsets",
    "start router",
    "stop notifier",
    "dropDatabase",
    "--delete --group",
    "start notifier",
)
"""By a part of each that no other has: the sections of signing in, dead letters, upgrading, restoring, rebuilding."""
NOT_HERE = {
    "changeUserPassword": "it asks a person for the password",
    "grafana cli": "Grafana's image cannot be had here",
    "mongodump": "MongoDB's tools are in its own image, not in the stand-in",
    "mongorestore": "the same",
    "--profile trace": "the collector's image cannot be had here",
    "--profile watch": "it is run by the check of that profile",
}
PATIENCE = 180.0
LOOK_EVERY_SECONDS = 2.0
GROUP_EMPTY_AFTER_SECONDS = 60.0
"""Kafka refuses to touch a group while its last member's session lasts."""


def blocks() -> Iterator[str]:
    """Every command that stands by itself, over several lines or not, without what is said behind it."""
    for block in re.findall(r"^```sh\n(.*?)^```", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL):
        yield from (command.partition("  #")[0].rstrip() for command in _whole(block.splitlines()))


def commands() -> Iterator[str]:
    """Those of `docker compose`, within a sentence too."""
    yield from (command for command in blocks() if "docker compose" in command)
    yield from re.findall(r"`(docker compose (?:stop|start) [a-z-]+)`", RUNBOOK.read_text())


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Lines put together until the shell takes them for whole."""
    command = ""
    for line in lines:
        command += line
        if (
            not line.endswith("\\")
            and subprocess.run(["bash", "-n", "-c", command], capture_output=True).returncode == 0
        ):
            yield command
            command = ""
        else:
            command += "\n"


def check(project: Project, folder: Path, findings: Findings) -> None:
    there = list(dict.fromkeys(commands()))
    token = folder / "token"
    headers = asyncio.run(SignedIn(keycloak(project)).headers("administrator.central-office"))
    token.write_text(headers["Authorization"].removeprefix("Bearer "))
    for part in IN_THIS_ORDER:
        command = next(each for each in there if part in each)
        typed = command.replace(".state/token", str(token)).replace("CHOOSE ONE", token_urlsafe())
        said = _run(typed, project)
        findings.expect(said is None, f"as in the runbook: {' '.join(command.split())[:110]}", said or "")
    findings.expect(_is_told_again(project), "the notifier knows again what the topics told it")
    for part, why in NOT_HERE.items():
        if "--profile" not in part:
            findings.not_to_be_had(f"of the runbook: {part}", why)


def _run(command: str, project: Project) -> str | None:
    """None when it succeeded, what it said otherwise. A group that was just left is tried again for a while."""

    def run() -> tuple[bool, str | None]:
        answer = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=REPOSITORY,
            env={**os.environ, **project.environment},
            stdin=subprocess.DEVNULL,
        )
        said = answer.stdout + answer.stderr
        # Kafka's command says what it did not do, and ends well all the same.
        error = said.find("Error: ")
        if answer.returncode == 0 and error < 0:
            return True, None
        return False, f"exit code {answer.returncode}: {said[error:][:800] if error >= 0 else said[-800:]}"

    return until(run, GROUP_EMPTY_AFTER_SECONDS if "consumer-groups" in command else 0, LOOK_EVERY_SECONDS)


def _is_told_again(project: Project) -> bool:
    script = (
        'mongosh -u root -p "$(cat /run/secrets/mongodb_root_password)" --quiet '
        "--eval 'db.getSiblingDB(\"tawasul_notifier\").cases.countDocuments({})'"
    )

    def look() -> tuple[bool, bool]:
        code, said = project.inside("mongodb", "sh", "-c", script)
        healthy = project.containers()["notifier"]["State"]["Health"]["Status"] == "healthy"
        is_it = code == 0 and healthy and int(said.splitlines()[-1]) > 0
        return is_it, is_it

    return until(look, PATIENCE, LOOK_EVERY_SECONDS)
