"""One project of `docker compose`: the repository's file, with more files on top where a check needs them."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from tawasul.stack.paths import REPOSITORY

FILE = REPOSITORY / "docker-compose.yml"
UP_SECONDS = 900
COMMAND_SECONDS = 180


def any_password() -> str:
    """As somebody may choose one: a command that is given it must not take it for an option."""
    return f"-{token_urlsafe()}"


def keycloak_password() -> str:
    """Its tool takes `-r…` for its own option, however it is given: the runbook says that none begins with `-`."""
    return f"k{token_urlsafe()}"


class Failed(Exception):
    """A command of Docker ended with another exit code than 0; says its last words."""


def docker(*arguments: str, patience: float = COMMAND_SECONDS, variables: Mapping[str, str] | None = None) -> str:
    """What it printed. Raises Failed."""
    environment = {**os.environ, **(variables or {})}
    command = ["docker", *arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=patience, env=environment, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"docker {' '.join(arguments)} took longer than {patience:.0f} s") from error
    if answer.returncode != 0:
        raise Failed(f"docker {' '.join(arguments)}: {(answer.stderr or answer.stdout).strip()[-1500:]}")
    return answer.stdout


class Project:
    """`variables` are those of the compose file."""

    def __init__(self, secrets: Path, variables: Mapping[str, str], more: Sequence[Path] = ()) -> None:
        self.secrets = secrets
        self._variables = {"TAWASUL_SECRETS": str(secrets), **variables}
        self._files = [argument for file in (FILE, *more) for argument in ("-f", str(file))]
        self.environment = {**self._variables, "COMPOSE_FILE": os.pathsep.join(map(str, (FILE, *more)))}
        """In which `docker compose`, typed by a person, means this project."""

    def compose(self, *arguments: str, patience: float = COMMAND_SECONDS) -> str:
        return docker("compose", *self._files, *arguments, patience=patience, variables=self._variables)

    def up(self, *services: str) -> None:
        """Everything healthy, or Failed."""
        self.compose("up", "--no-build", "--detach", "--wait", *services, patience=UP_SECONDS)

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "10", patience=UP_SECONDS)

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text().strip()

    def containers(self) -> dict[str, dict[str, Any]]:
        """By service, as the engine describes them."""
        ids = self.compose("ps", "--all", "--quiet").split()
        described: list[dict[str, Any]] = json.loads(docker("inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in described}

    def inside(self, service: str, *command: str, patience: float = COMMAND_SECONDS) -> tuple[int, str]:
        """Exit code and output of a command in the service's running container."""
        arguments = ["docker", "compose", *self._files, "exec", "--no-TTY", service, *command]
        answer = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=patience,
            env={**os.environ, **self._variables},
            stdin=subprocess.DEVNULL,
        )
        return answer.returncode, (answer.stdout + answer.stderr).strip()
