"""`tawasul backup` and `tawasul restore` with what is no backup: refused in a line, before any store is asked."""

import json
from pathlib import Path

import pytest
from tawasul.backup.folder import FOLLOWED, MANIFEST, Manifest
from tawasul.cli import app
from typer.testing import CliRunner

COMMANDS = (["backup", "check"], ["restore", "--overwrite"])
AT = "2026-01-05T08:00:00Z"


@pytest.fixture(autouse=True)
def _no_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks one all the same is found out at once."""
    monkeypatch.setenv("TAWASUL_MONGO_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1")
    monkeypatch.setenv("TAWASUL_KAFKA_BOOTSTRAP", "127.0.0.1:1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole backup of nothing."""
    manifest = Manifest.model_validate({"at": AT, "partitions": {}, "positions": {}, "files": {}})
    (tmp_path / MANIFEST).write_text(manifest.model_dump_json())
    return tmp_path


def said(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_no_backup_is_refused(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "begun" / "mongodb").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name, code in (("nowhere", 1), ("begun", 1), ("file", 2)):
        assert said(*command, str(tmp_path / name))[0] == code
    assert said(*command)[0] == 2


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("damage", [b"", b"\xff", b"{}", None], ids=["empty", "no text", "fields missing", "format 2"])
def test_a_manifest_that_cannot_be_read_is_refused(command: list[str], damage: bytes | None, folder: Path) -> None:
    newer = json.dumps(json.loads((folder / MANIFEST).read_text()) | {"format": 2}).encode()
    (folder / MANIFEST).write_bytes(newer if damage is None else damage)
    code, output = said(*command, str(folder))
    assert (code, "cannot be read" in output) == (1, True)


def test_a_note_of_how_far_the_journal_came_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / FOLLOWED).write_text("{")
    code, output = said("restore", str(folder))
    assert (code, f"{FOLLOWED} cannot be read" in output) == (1, True)


def test_a_folder_that_holds_something_is_left_as_it_is(folder: Path) -> None:
    code, output = said("backup", "take", str(folder))
    assert (code, "is not empty" in output) == (1, True)
    assert (folder / MANIFEST).exists()


def test_a_restore_without_stores_says_what_not_to_do_now(folder: Path) -> None:
    code, output = said("restore", "--without-journal", str(folder))
    assert code == 2
    assert "start no service" in output
