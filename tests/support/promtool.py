"""Prometheus' own checker, where it is installed (Debian: `prometheus`); without it tests that need it say so."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.support.telling import tell


class Promtool:
    def __init__(self, binary: str) -> None:
        self.binary = binary

    async def says(self, *arguments: str, stdin: str = "", folder: Path | None = None) -> str:
        """Run promtool and return what it prints. Fails the test where it finds a fault."""
        process = await asyncio.create_subprocess_exec(
            self.binary,
            *arguments,
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate(stdin.encode())
        said = output.decode().strip()
        if process.returncode:
            pytest.fail(f"promtool {' '.join(arguments)}:\n{said}")
        return said


@pytest.fixture(scope="session")
def promtool(pytestconfig: pytest.Config) -> Promtool:
    binary = shutil.which("promtool")
    if binary is None:
        tell(
            pytestconfig,
            "NOT RUN: Prometheus checked no rule, query or metric, no promtool: apt-get install prometheus",
        )
        pytest.skip("no promtool")
    return Promtool(binary)
