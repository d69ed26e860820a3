"""The runbook's commands for Docker, each run as it stands there."""

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tawasul.stack.paths import REPOSITORY

from tests.compose.findings import Findings
from tests.compose.place import SignedIn, keycloak
from tests.compose.project import Project, keycloak_password
from tests.compose.until import until
from tests.support.runbook import commands

IN_THIS_ORDER = (
    "docker compose ps",
    "docker compose logs -f router",
    "docker compose logs country-init",
    "docker compose exec intake python -c",
    "kcadm.sh set-password -r tawasul",
    "/internal/dead-letters",
    "up -d --no-deps --wait notifier",
    "up -d --no-deps --wait sla-monitor",
    "up -d --no-deps --wait router",
    "up -d --no-deps --wait intake",
    "docker compose stop router",
    "--reset-offsets",
    "docker compose start router",
    "docker compose stop notifier",
    "dropDatabase",
    "--delete --group",
    "docker compose start notifier",
    "python -m router train",
)
"""By a part of each that no other has: looking, signing in, dead letters, upgrading, restoring, rebuilding."""
OF_ROTATION = (
    "--force-recreate --wait intake notifier",
    "--force-recreate --wait intake router",
    "docker compose run --rm mongodb-init",
    "--force-recreate --wait notifier",
    "--force-recreate --wait kafka",
    "--force-recreate --wait mongodb",
    "clientId=installer",
    "run --rm --no-deps country-init",
    "kcadm.sh set-password -r master",
    "changeUserPassword",
)
"""Run by tests/compose/rotation.py."""
BY_THE_CHECK_ITSELF = {
    "sh deploy/docker/secrets.sh && docker compose --profile watch up -d --build --wait": "each part of it by itself",
    "docker compose up": "its beginning, the second start, and the start after `docker compose stop`",
    "docker compose stop": "before that start",
    "docker compose down --volumes": "its end",
    "docker compose build": "the same Dockerfile for each service, by the builder that is in every engine",
}
"""Whole commands, and what of the check runs them."""
NOT_HERE = {
    "grafana cli": "Grafana's image cannot be had here",
    "mongodump": "MongoDB's tools are in its own image, not in the stand-in",
    "mongorestore": "the same",
    "--profile trace": "the collector's image cannot be had here",
}
PATIENCE = 180.0
LOOK_EVERY_SECONDS = 2.0
GROUP_EMPTY_AFTER_SECONDS = 60.0
"""Kafka refuses to touch a group while its last member's session lasts."""
FOLLOWED_SECONDS = 5


def check(project: Project, folder: Path, findings: Findings) -> None:
    token = folder / "token"
    headers = asyncio.run(SignedIn(keycloak(project)).headers("administrator.central-office"))
    token.write_text(headers["Authorization"].removeprefix("Bearer "))
    for part in IN_THIS_ORDER:
        said = as_it_stands(part, project, {".state/token": str(token), "CHOOSE ONE": keycloak_password()})
        findings.expect(said is None, f"as in the runbook: {' '.join(typed(part).split())[:110]}", said or "")
    findings.expect(_is_told_again(project), "the notifier knows again what the topics told it")
    for part, why in NOT_HERE.items():
        findings.not_to_be_had(f"of the runbook: {part}", why)


def typed(part: str) -> str:
    """The one command of the runbook that is this or has it as a part."""
    there = commands()
    return part if part in there else next(command for command in there if part in command)


def as_it_stands(part: str, project: Project, filled_in: Mapping[str, str] | None = None) -> str | None:
    """None when it succeeded, what it said otherwise. `filled_in`: what somebody types in place of what is there."""
    command = typed(part)
    for placeholder, value in (filled_in or {}).items():
        command = command.replace(placeholder, value)
    return _run(command, project)


def _run(command: str, project: Project) -> str | None:
    """A group that was just left is tried again for a while; logs are followed for a moment."""
    is_endless = "logs -f" in command

    def attempt() -> tuple[bool, str | None]:
        answer = subprocess.run(
            ["timeout", str(FOLLOWED_SECONDS if is_endless else PATIENCE), "bash", "-c", command],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, **project.environment},
            stdin=subprocess.DEVNULL,
        )
        said = answer.stdout + answer.stderr
        # Kafka's command says what it did not do, and ends well all the same.
        error = said.find("Error: ")
        if (bool(answer.stdout) if is_endless else answer.returncode == 0) and error < 0:
            return True, None
        return False, f"exit code {answer.returncode}: {said[error:][:800] if error >= 0 else said[-800:]}"

    return until(attempt, GROUP_EMPTY_AFTER_SECONDS if "consumer-groups" in command else 0, LOOK_EVERY_SECONDS)


def _is_told_again(project: Project) -> bool:
    script = (
        'mongosh -u root --password="$(cat /run/secrets/mongodb_root_password)" --quiet '
        "--eval 'db.getSiblingDB(\"tawasul_notifier\").cases.countDocuments({})'"
    )

    def look() -> tuple[bool, bool]:
        code, said = project.inside("mongodb", "sh", "-c", script)
        healthy = project.containers()["notifier"]["State"]["Health"]["Status"] == "healthy"
        is_it = code == 0 and healthy and int(said.splitlines()[-1]) > 0
        return is_it, is_it

    return until(look, PATIENCE, LOOK_EVERY_SECONDS)
