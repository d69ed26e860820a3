"""The mailbox in which reports about our mail arrive, by IMAP. Blocking: to be called in a thread, one at a time."""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SEEN, DELETED = r"(\Seen)", r"(\Deleted)"
UID, FLAGS, SIZE = re.compile(rb"UID (\d+)"), re.compile(rb"FLAGS \(([^)]*)\)"), re.compile(rb"RFC822\.SIZE (\d+)")

Failed = (imaplib.IMAP4.error, OSError)
"""The errors that any call raises if the server is unreachable, disconnects or refuses a command."""


@dataclass(frozen=True)
class Letter:
    """`was_begun`: somebody has read it before, most likely a process of ours that it did not do good."""

    uid: str
    size: int
    was_begun: bool


class Mailbox:
    """`set_aside`: the folder for what is no report; it is made where it is not there."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: Literal["none", "starttls", "tls"],
        username: str,
        password: str,
        folder: str,
        set_aside: str,
        ca_file: str | None = None,
        timeout: float = 30,
    ) -> None:
        self.host = host
        self.port = port
        self.tls = tls
        self.username = username
        self.password = password
        self.folder = _quoted(folder)
        self.aside = _quoted(set_aside)
        self.timeout = timeout
        self._context: ssl.SSLContext | None = None
        if tls != "none":
            self._context = ssl.create_default_context()
            if ca_file:
                self._context.load_verify_locations(ca_file)
        self._client: imaplib.IMAP4 | None = None

    def open(self) -> None:
        if self.tls == "tls":
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                self.host, self.port, ssl_context=self._context, timeout=self.timeout
            )
        else:
            client = imaplib.IMAP4(self.host, self.port, timeout=self.timeout)
        self._client = client
        if self.tls == "starttls":
            client.starttls(self._context)
        client.login(self.username, self.password)
        _ok(client.select(self.folder))
        with contextlib.suppress(imaplib.IMAP4.error):  # where it is there already
            client.create(self.aside)

    def letters(self, limit: int) -> Sequence[Letter]:
        """The oldest of them."""
        (found,) = self._uid("SEARCH", "UNDELETED")
        uids = (found or b"").split()[:limit]
        if not uids:
            return []
        described = self._uid("FETCH", b",".join(uids).decode(), "(UID FLAGS RFC822.SIZE)")
        return [_letter(each) for each in described if isinstance(each, bytes) and UID.search(each)]

    def read(self, letter: Letter) -> bytes:
        """Whole, and from now on it was begun."""
        given = [part for part in self._uid("FETCH", letter.uid, "(BODY.PEEK[])") if isinstance(part, tuple)]
        if not given:
            raise imaplib.IMAP4.error("nothing was given")
        self._uid("STORE", letter.uid, "+FLAGS.SILENT", SEEN)
        return bytes(given[0][1])

    def give_back(self, letter: Letter) -> None:
        """As if nobody had begun it."""
        self._uid("STORE", letter.uid, "-FLAGS.SILENT", SEEN)

    def drop(self, letter: Letter) -> None:
        self._uid("STORE", letter.uid, "+FLAGS.SILENT", DELETED)
        _ok(self._open.expunge())

    def set_aside(self, letter: Letter) -> None:
        """For a person to look at."""
        self._uid("COPY", letter.uid, self.aside)
        self.drop(letter)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*Failed):
                client.logout()

    @property
    def _open(self) -> imaplib.IMAP4:
        if self._client is None:
            raise imaplib.IMAP4.error("not open")
        return self._client

    def _uid(self, command: str, *more: str) -> list[Any]:
        return _ok(self._open.uid(command, *more))


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """Never the server's words: they may repeat an address."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"answered {status}")
    return data


def _letter(described: bytes) -> Letter:
    uid, flags, size = UID.search(described), FLAGS.search(described), SIZE.search(described)
    assert uid is not None
    was_begun = flags is not None and b"\\Seen" in flags[1].split()
    return Letter(uid[1].decode(), int(size[1]) if size else 0, was_begun)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
