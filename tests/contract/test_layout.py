"""The repository holds nothing that a tool, a build or a machine left behind."""

import re
from pathlib import Path

from tawasul.stack.paths import REPOSITORY

from tests.contract.kept import kept_files

TOP = {
    *("README.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "docker-compose.yml"),
    *("pyproject.toml", "uv.lock", "package.json", "package-lock.json", ".gitignore"),
    *("services", "shared", "deploy", "tests", ".ci"),
}
MAY_BE_BINARY = {".png"}
LARGEST = 2_000_000
"""Bytes of a file; `uv.lock` has a million."""

INVISIBLE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks of direction: who reads the code does not see that they are there, nor what they turn round."""


def _named(files: list[Path]) -> list[str]:
    return [str(file.relative_to(REPOSITORY)) for file in files]


def _is_text(file: Path) -> bool:
    content = file.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def test_the_top_level_holds_what_belongs_there() -> None:
    assert {file.relative_to(REPOSITORY).parts[0] for file in kept_files()} == TOP


def test_all_that_is_kept_is_text_or_an_image() -> None:
    assert _named([f for f in kept_files() if f.suffix not in MAY_BE_BINARY and not _is_text(f)]) == []


def test_no_file_is_large() -> None:
    assert _named([file for file in kept_files() if file.stat().st_size > LARGEST]) == []


def test_no_path_of_a_machine_stands_in_the_repository() -> None:
    """So that a clone works anywhere."""
    home = str(REPOSITORY)
    kept = [file for file in kept_files() if file.suffix != ".lock"]
    assert _named([file for file in kept if home in file.read_text(errors="ignore")]) == []


def test_no_mark_of_direction_stands_anywhere_unseen() -> None:
    """In code they are escapes, on pages `<bdi>` and `dir`."""
    texts = ((file, file.read_text(errors="ignore")) for file in kept_files() if file.suffix not in MAY_BE_BINARY)
    assert _named([file for file, text in texts if INVISIBLE.search(text)]) == []
