"""The commands of deploy/docs/runbook.md: those that stand by themselves, and those within a sentence or a table."""

import functools
import re
import subprocess
from collections.abc import Iterable, Iterator

from tawasul.stack.paths import REPOSITORY

RUNBOOK = REPOSITORY / "deploy" / "docs" / "runbook.md"
A_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
TYPED = re.compile(
    r"(?:make|docker compose|curl|sh|kill|head|openssl|df|du) \S|(?:\.venv/bin/)?tawasul \S|\S+=\S* (?:docker|tawasul) "
)
"""How what is typed into a shell begins, among all that stands between backquotes."""


@functools.cache
def commands() -> tuple[str, ...]:
    """Each once, as it stands there: those that stand by themselves first."""
    return tuple(dict.fromkeys([*blocks(), *within_sentences()]))


def blocks() -> Iterator[str]:
    """Over several lines or not, without what is said behind it."""
    for block in A_BLOCK.findall(RUNBOOK.read_text()):
        yield from (command.partition("  #")[0].rstrip() for command in _whole(block.splitlines()))


def within_sentences() -> Iterator[str]:
    """Commands with arguments; `docker compose` alone is a name."""
    for quoted in re.findall(r"`([^`]+)`", A_BLOCK.sub("", RUNBOOK.read_text())):
        command = " ".join(quoted.split())
        if TYPED.match(command):
            yield command


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
