"""Tests that documents name, as pytest does: `tests/component/test_audit.py::test_times_come_back`."""

import re
from collections.abc import Iterable

from tawasul.stack.paths import REPOSITORY


def missing(tests: Iterable[str]) -> list[str]:
    return [test for test in tests if not _is_there(*test.split("::"))]


def _is_there(file: str, name: str) -> bool:
    path = REPOSITORY / file
    return path.exists() and re.search(rf"^(async )?def {name}\(", path.read_text(), re.MULTILINE) is not None
