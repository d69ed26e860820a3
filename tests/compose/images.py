"""Our own images: built by the Dockerfile, small enough, and without work where nothing changed."""

import os
import shutil
import subprocess
from pathlib import Path

from tawasul.stack.paths import REPOSITORY
from tawasul.stack.settings import SERVICES

from tests.compose.findings import Findings
from tests.compose.project import Failed, docker

MOST_MEGABYTES = dict.fromkeys((*SERVICES, "deploy"), 250) | {"router": 500}
DOCKERFILE = REPOSITORY / "deploy" / "docker" / "Dockerfile"
BUILD_SECONDS = 1500
A_MEGABYTE = 1_000_000


def name_of(service: str) -> str:
    return "tawasul-tool" if service == "deploy" else f"tawasul-{service}"


def build_all(folder: Path, findings: Findings) -> None:
    context = _context(folder / "context-of-ours")
    for service, most in MOST_MEGABYTES.items():
        _build(service, context)
        size = int(docker("image", "inspect", "--format", "{{.Size}}", name_of(service))) / A_MEGABYTE
        findings.expect(size <= most, f"{name_of(service)} has {size:.0f} MB, at most {most}")
    for service in MOST_MEGABYTES:
        done = _work_done(_build(service, context))
        findings.expect(not done, f"a second build of {name_of(service)} does nothing", "; ".join(done))
    shutil.rmtree(context)


def _context(folder: Path) -> Path:
    """What the Dockerfile's own .dockerignore lets in: the older builder does not read that."""
    shutil.rmtree(folder, ignore_errors=True)
    lines = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    for wanted in (line.removeprefix("!") for line in lines if line.startswith("!")):
        source, target = REPOSITORY / wanted, folder / wanted
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        else:
            shutil.copy2(source, target)
    shutil.copy2(DOCKERFILE, folder / "Dockerfile")
    return folder


def _build(service: str, context: Path) -> str:
    """What the builder said, step by step."""
    arguments = ["--build-arg", f"SERVICE={service}", "--tag", name_of(service), "--network", "host"]
    if base := os.environ.get("PYTHON_IMAGE"):
        arguments += ["--build-arg", f"PYTHON_IMAGE={base}"]
    answer = subprocess.run(
        ["docker", "build", *arguments, str(context)],
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
    )
    if answer.returncode != 0:
        raise Failed(f"{name_of(service)} was not built: {(answer.stdout + answer.stderr)[-1500:]}")
    return answer.stdout


def _work_done(said: str) -> list[str]:
    """The steps that were not taken from the cache. Each is one line, and `Using cache` follows it."""
    lines = [line for line in said.splitlines() if line.strip()]
    return [
        step
        for step, following in zip(lines, [*lines[1:], ""], strict=True)
        if step.startswith("Step ") and " FROM " not in step and " ARG PYTHON_IMAGE" not in step
        if "Using cache" not in following
    ]
