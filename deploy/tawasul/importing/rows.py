"""The rows of a CSV file, one after another, never the whole file in memory; `.gz` is read as it is.

Each row knows the line where it begins. A row that cannot be right (wrong number of columns, a stray quote, bytes that
are not of the encoding) comes with its fault, and takes no other row with it: a quote that never closes would swallow
the lines that follow, so of a faulty row of several lines only the first is taken, and the others are read again.
"""

import csv
import gzip
import io
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tawasul.importing.mapping import FileFormat
from tawasul.importing.refusal import CannotImport

GZIP = b"\x1f\x8b"


class Damaged(Exception):
    """The file cannot be read beyond this line."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts rows from 1, `line` lines of the file from 1."""

    number: int
    line: int
    fields: list[str]
    fault: str | None = None


class CsvFile:
    """Raises CannotImport where the file is not there or has no header with these columns."""

    def __init__(self, path: Path, form: FileFormat, needed: Iterable[str]) -> None:
        self.path = path
        self._raw = _opened(path)
        self.size = os.fstat(self._raw.fileno()).st_size
        self._lines = _Lines(_text(self._raw, form))
        self._parsed = csv.reader(self._lines, delimiter=form.delimiter, strict=True)
        self.columns = self._header(form)
        for name in sorted(needed):
            if self.columns.count(name) != 1:
                found = ", ".join(self.columns)
                raise CannotImport(f"{path} must have one column “{name}”; its columns are: {found}")

    @property
    def position(self) -> int:
        """Bytes of the file that were read, of `size`."""
        return self._raw.tell()

    def close(self) -> None:
        self._raw.close()

    def rows(self) -> Iterator[Row]:
        """Raises Damaged where the file ends in its middle."""
        number = 0
        while True:
            line = self._lines.number + 1
            self._lines.taken.clear()
            fields, fault = self._next()
            if fields is None:
                return
            if not fields:
                continue  # an empty line is no row
            number += 1
            yield Row(number, line, fields, fault)

    def _next(self) -> tuple[list[str] | None, str | None]:
        """The fields and what is wrong with them; None for the fields at the end of the file."""
        fields: list[str] | None = None
        try:
            fields = next(self._parsed)
            fault = self._fault(fields)
        except StopIteration:
            return None, None
        except csv.Error as error:
            fault = f"not CSV: {error}"
        except (EOFError, OSError, zlib.error, UnicodeError) as error:
            raise Damaged(f"{self.path} cannot be read beyond line {self._lines.number}: {error}") from error
        if fault and len(self._lines.taken) > 1:
            self._lines.give_back_all_but_the_first()
            return [self._lines.taken[0].rstrip("\r\n")], fault
        return (["".join(self._lines.taken).rstrip("\r\n")] if fields is None else fields), fault

    def _fault(self, fields: list[str]) -> str | None:
        if fields and len(fields) != len(self.columns):
            return f"wrong number of columns: {len(fields)} in place of {len(self.columns)}"
        if not "".join(fields).isascii() and not _is_text(fields):
            return "not of the encoding: some of its bytes are no text"
        return None

    def _header(self, form: FileFormat) -> list[str]:
        try:
            columns = [name.strip() for name in next(self._parsed, [])]
        except (csv.Error, EOFError, OSError, zlib.error, UnicodeError) as error:
            raise CannotImport(f"{self.path} cannot be read: {error}") from error
        if not columns:
            raise CannotImport(f"{self.path} has no header line")
        if not _is_text(columns):
            raise CannotImport(f"{self.path} is not written in {form.encoding}: name its encoding in the mapping")
        return columns


class _Lines:
    """Lines with the record they were taken for; some of them can be given back."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back_all_but_the_first(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotImport(f"{path} cannot be read: {error.strerror}") from error


def _text(raw: IO[bytes], form: FileFormat) -> Iterator[str]:
    is_packed = raw.read(len(GZIP)) == GZIP
    raw.seek(0)
    plain = gzip.GzipFile(fileobj=raw) if is_packed else raw
    try:
        return io.TextIOWrapper(plain, encoding=form.encoding, errors="surrogateescape", newline="")
    except LookupError as error:
        raise CannotImport(f"there is no encoding “{form.encoding}”") from error


def _is_text(fields: list[str]) -> bool:
    try:
        "".join(fields).encode()
    except UnicodeEncodeError:
        return False
    return True
