"""Prints lines after the last test, whichever process ran it: what a run tells beside passed and failed."""

from typing import Any

import pytest

Lines = list[str]
TOLD = pytest.StashKey[Lines]()


def tell(config: pytest.Config, line: str) -> None:
    config.stash[TOLD].append(line)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TOLD] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["told"] = session.config.stash[TOLD]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[TOLD].extend(getattr(node, "workeroutput", {}).get("told", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines: Lines = config.stash[TOLD]
    if lines:
        terminalreporter.section("told")
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)
