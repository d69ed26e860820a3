"""How far an import came: one small file in the state folder, replaced and synced at intervals.

Everything up to `sums.rows` is decided; a resumed run reads on from there, and sends again at most the rows that were
under way, which their keys make harmless.
"""

import fcntl
import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from tawasul.importing.ledger import Sums
from tawasul.importing.mapping import ImportMapping
from tawasul.importing.refusal import CannotImport


class Subject(BaseModel):
    """The source, address and person of an import. A run resumes only one with the same three."""

    file: str
    size: int
    modified: int
    mapping: str
    url: str
    account: str
    """Keys are remembered for each account by itself."""

    @classmethod
    def of(cls, file: Path, mapping: ImportMapping, url: str, account: str) -> Self:
        facts = file.stat()
        content = hashlib.sha256(mapping.model_dump_json().encode()).hexdigest()
        return cls(
            file=str(file.resolve()),
            size=facts.st_size,
            modified=facts.st_mtime_ns,
            mapping=f"{mapping.id}/{content}",
            url=url,
            account=account,
        )


class Progress(BaseModel):
    subject: Subject
    began: datetime
    """On the clock of the service: what it received before was filed before."""
    rejects: Path
    rejects_length: int = 0
    finished: bool = False
    sums: Sums = Sums()


class Journal:
    """The journal of one file at one address, for one process at a time. Raises CannotImport where another has it."""

    def __init__(self, folder: Path, file: Path, url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(f"{file.resolve()}\0{url}".encode()).hexdigest()[:10]
        self.path = folder / f"{file.name.partition('.')[0]}-{name}.json"
        self.default_rejects = self.path.with_suffix(".rejects.csv")
        self._lock = self.path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise CannotImport(f"another process is importing {file} at this moment") from error

    def read(self) -> Progress | None:
        try:
            return Progress.model_validate_json(self.path.read_text())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise CannotImport(f"the journal {self.path} is damaged; --restart begins anew") from error

    def save(self, progress: Progress) -> None:
        """Durable, whole or not at all."""
        unfinished = self.path.with_suffix(".new")
        with unfinished.open("w") as file:
            file.write(progress.model_dump_json(indent=2))
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, self.path)

    def close(self) -> None:
        self._lock.close()


def resumable(earlier: Progress | None, subject: Subject, rejects: Path | None) -> Progress | None:
    """The interrupted run to go on with; None where there is none.

    Raises CannotImport where going on, or beginning again, would not do what was meant.
    """
    if earlier is None:
        return None
    before = earlier.subject
    if before.account != subject.account:
        raise CannotImport(
            f"“{before.account}” imported {subject.file}; keys are remembered for each account, so “{subject.account}” "
            "would file its rows a second time (--restart does so all the same)"
        )
    if earlier.finished:
        return None
    if (before.size, before.modified) != (subject.size, subject.modified):
        raise CannotImport(
            f"{subject.file} has changed since its import was interrupted: --restart reads it from the beginning "
            "(what was filed is recognised)"
        )
    if before.mapping != subject.mapping:
        raise CannotImport(
            "the mapping has changed since the import was interrupted: --restart begins anew (rows that were filed "
            "with other content will be rejected as such)"
        )
    kept, length = earlier.rejects, earlier.rejects_length
    if rejects is not None and rejects.resolve() != kept:
        raise CannotImport(f"the interrupted import has its rejects in {kept}: leave --rejects out, or --restart")
    if length and not (kept.exists() and kept.stat().st_size >= length):
        raise CannotImport(f"the rejects of the interrupted import are gone from {kept}: --restart begins anew")
    return earlier
