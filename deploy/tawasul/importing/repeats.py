"""Which line of the file had a key first. On disk where it grows large, so that memory does not grow with the file."""

import hashlib
import sqlite3
from dataclasses import dataclass

from tawasul.importing.conversion import Request


@dataclass(frozen=True)
class Earlier:
    line: int
    is_same: bool
    """Whether that line asked for the same submission, word for word."""


class Repeats:
    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "" is a temporary file that nobody else sees
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE firsts (key BLOB PRIMARY KEY, line INTEGER, content BLOB) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def note(self, request: Request) -> Earlier | None:
        """None the first time."""
        key, content = request.key.bytes, hashlib.blake2b(request.body, digest_size=16).digest()
        added = self._database.execute(
            "INSERT OR IGNORE INTO firsts VALUES (?, ?, ?)", (key, request.row.line, content)
        )
        if added.rowcount:
            return None
        line, first = self._database.execute("SELECT line, content FROM firsts WHERE key = ?", (key,)).fetchone()
        return Earlier(line, first == content)

    def close(self) -> None:
        self._database.close()
