"""The rejects file: each row that was not filed, with its line and reason before its own columns.

It has the encoding, the delimiter and the columns of the file it came from, so that a mended copy can be imported with
the same mapping.
"""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tawasul.importing.mapping import FileFormat
from tawasul.importing.rows import Row

HEADER = ("rejected_line", "rejected_reason")


class RejectsFile:
    """Begins at `length`: what is beyond was written by an interrupted run and comes again. There is no file without
    rejects."""

    def __init__(self, path: Path, form: FileFormat, columns: Sequence[str], length: int = 0) -> None:
        self.path = path
        self.length = length
        self._form = form
        self._columns = columns
        self._file: TextIO | None = None
        if length:
            os.truncate(path, length)
        else:
            path.unlink(missing_ok=True)

    def write(self, row: Row, reason: str) -> None:
        if self._file is None:
            self._file = self._opened()
        writer = csv.writer(self._file, delimiter=self._form.delimiter, lineterminator="\n")
        writer.writerow([row.line, self._writable(reason), *row.fields])

    def save(self) -> int:
        """Make durable what was written; the length of the file."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self.length = os.fstat(self._file.fileno()).st_size
        return self.length

    def close(self) -> None:
        if self._file is not None:
            self.save()
            self._file.close()

    def _opened(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a", encoding=self._form.encoding, errors="surrogateescape", newline="")
        if not self.length:
            csv.writer(file, delimiter=self._form.delimiter, lineterminator="\n").writerow([*HEADER, *self._columns])
        return file

    def _writable(self, reason: str) -> str:
        """Our own words may have signs that the file's encoding does not."""
        return reason.encode(self._form.encoding, "replace").decode(self._form.encoding, "replace")
