"""Mail in Internet form (RFC 5322, 2045, 2047), from words in any language to ASCII lines.

The standard library's generator folds every header anew, at five times the cost of all the rest of a mail; so the lines
are put together here, from its encoders. Tests read the result back with its strict parser.
"""

import re
from base64 import encodebytes
from collections.abc import Mapping
from email.base64mime import header_encode
from functools import lru_cache

NOT_IN_A_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
PLAIN_WORDS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
LONGEST_HEADER = 250
LONGEST_NAME = 100
ENCODED_WORD_BYTES = 39
"""So many bytes make an encoded word of 64 characters, which fits into a line behind the header's name."""


class NotAnAddress(ValueError):
    """SMTP cannot take it."""


def compose(headers: Mapping[str, str], subject: str, text: str, html: str, boundary: str) -> bytes:
    """`headers` are whole and ASCII already, and none of them ends a line."""
    lines = [f"{name}: {header(value)}" for name, value in headers.items()]
    lines += [
        f"Subject: {words(subject)}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
        f"--{boundary}",
        *_part("plain", text),
        f"--{boundary}",
        *_part("html", html),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def header(value: str) -> str:
    """The last look before a value becomes a line: folds made here stay, nothing else can end it."""
    folded = value.split("\r\n ")
    if any(NOT_IN_A_HEADER.search(part) for part in folded):
        raise ValueError("a header that would end its line")
    return value


def one_line(value: str) -> str:
    """Without anything that could end a header, or turn its reading direction."""
    return NOT_IN_A_HEADER.sub(" ", value).strip()[:LONGEST_HEADER]


def words(value: str) -> str:
    """A header's free words: as they are where ASCII and short, as encoded words otherwise."""
    line = one_line(value)
    if line.isascii() and "=?" not in line and len(line) < 70:
        return line
    return _encoded(line)


@lru_cache(maxsize=4_096)
def mailbox(name: str, address: str) -> str:
    """Name and address as one mailbox of a header."""
    line = one_line(name)[:LONGEST_NAME]
    if not line:
        return address
    if PLAIN_WORDS.fullmatch(line) and "=?" not in line and len(line) <= 60:
        fold = "\r\n" if len(line) + len(address) > 66 else ""
        return f"{line}{fold} <{address}>"
    return f"{_encoded(line)}\r\n <{address}>"


def mailable(address: str) -> str:
    """The address as SMTP takes it: an international domain in its ASCII form. Raises NotAnAddress."""
    local, at, domain = address.strip().rpartition("@")
    try:
        ascii_form = f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise NotAnAddress from error
    if not ascii_form.isascii() or len(ascii_form) > 254 or not ADDRESS.fullmatch(ascii_form):
        raise NotAnAddress
    return ascii_form


def _encoded(line: str) -> str:
    return "\r\n ".join(header_encode(piece, "utf-8") for piece in _pieces(line))


def _pieces(line: str) -> list[bytes]:
    """Cut between characters: an encoded word must be whole by itself."""
    pieces: list[bytes] = [b""]
    for character in line:
        encoded = character.encode("utf-8", "replace")
        if len(pieces[-1]) + len(encoded) > ENCODED_WORD_BYTES:
            pieces.append(b"")
        pieces[-1] += encoded
    return pieces


def _part(subtype: str, body: str) -> tuple[str, ...]:
    encoded = encodebytes(body.encode("utf-8", "replace")).decode("ascii").rstrip("\n").replace("\n", "\r\n")
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        encoded,
    )
