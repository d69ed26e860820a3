"""A backup as a folder: what is in it, written so that one which did not come to its end cannot pass for whole."""

import gzip
import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from tawasul.backup.refusal import Refused

MANIFEST = "manifest.json"
JOURNAL = "journal.jsonl"
FOLLOWED = "followed.json"
ERASED_SINCE = "erased-since.txt"
CHUNK = 1024 * 1024


class Sum(BaseModel):
    entries: int
    sha256: str


class Manifest(BaseModel):
    """Written last. `positions` (`topic/partition`) are where the journal goes on."""

    format: Literal[1] = 1
    at: datetime = Field(description="the moment that the databases show")
    partitions: dict[str, int]
    positions: dict[str, int]
    files: dict[str, Sum]


class Followed(BaseModel):
    """How far the journal has come."""

    until: datetime
    positions: dict[str, int]


class Writing:
    """One compressed file of a backup, its owner's alone, on the disk when `close` returns."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.entries = 0
        self._path = folder / name
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._compressed = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=1, mtime=0)

    def write(self, entry: bytes) -> None:
        self._compressed.write(entry)
        self.entries += 1

    def close(self) -> Sum:
        self._compressed.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Sum(entries=self.entries, sha256=digest(self._path))


def is_in_use(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def reading(folder: Path, name: str) -> gzip.GzipFile:
    return gzip.open(folder / name, "rb")


def digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def write_small(path: Path, text: str) -> None:
    """Whole or not at all."""
    unfinished = path.with_suffix(".new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def checked(folder: Path) -> Manifest:
    """The manifest of a backup that is as it was written. Raises Refused."""
    manifest = manifest_of(folder)
    for name, expected in manifest.files.items():
        if not (folder / name).exists():
            raise Refused(f"{folder} lacks {name}")
        if digest(folder / name) != expected.sha256:
            raise Refused(f"{folder}/{name} is not what was written")
    return manifest


def manifest_of(folder: Path) -> Manifest:
    manifest = _read(Manifest, folder / MANIFEST)
    if manifest is None:
        raise Refused(f"{folder} holds no backup, or one that did not come to its end")
    return manifest


def followed_of(folder: Path) -> Followed | None:
    return _read(Followed, folder / FOLLOWED)


Kind = TypeVar("Kind", bound=BaseModel)


def _read(kind: type[Kind], path: Path) -> Kind | None:
    """None where there is no such file. Raises Refused for one that is damaged, or of another format."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise Refused(f"{path} cannot be read, faults: {error.error_count()}") from None


def lines_of(path: Path) -> Iterator[bytes]:
    """Whole lines: the last one of a process that was killed may be half."""
    if path.exists():
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
