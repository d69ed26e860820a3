"""Finds what our own code logged: all tests share one event loop, on which libraries log as well."""

from logging import LogRecord

import pytest


def logged_by(caplog: pytest.LogCaptureFixture, logger: str) -> list[LogRecord]:
    """The records of this logger and of those below it, the oldest first."""
    return [record for record in caplog.records if f"{record.name}.".startswith(f"{logger}.")]
