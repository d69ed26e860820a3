"""File types that may be attached, recognised by their first bytes, and display names of files."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

LARGEST = 10 * 1024 * 1024
"""The largest file, in bytes."""

LONGEST_NAME = 100
HEAD = 16
"""The number of leading bytes that identify a type."""

MP4_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"MSNV"}
)
"""Excludes QuickTime, HEIC and 3GP, whose files begin alike."""

# Control characters, bidirectional overrides and invisible characters.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_NOT_FOR_NAMES = re.compile(r'[<>:"|?*]')


class Unusable(StrEnum):
    """The reason why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "file-too-large"
    UNKNOWN_TYPE = "unknown-type"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too-many-pixels"
    INFECTED = "infected"
    ONE_TOO_MANY = "one-too-many"


class CannotBeTaken(Exception):
    """Raised for one file that cannot be taken."""

    def __init__(self, why: Unusable) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class FileType:
    """The first of `suffixes` is added to a file name that has none of them."""

    media_type: str
    suffixes: tuple[str, ...]

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


JPEG = FileType("image/jpeg", (".jpg", ".jpeg", ".jfif"))
PNG = FileType("image/png", (".png",))
WEBP = FileType("image/webp", (".webp",))
PDF = FileType("application/pdf", (".pdf",))
MP4 = FileType("video/mp4", (".mp4", ".m4v"))
TYPES = {type.media_type: type for type in (JPEG, PNG, WEBP, PDF, MP4)}


def type_of(head: bytes) -> FileType | None:
    """Recognise a type by the file's first bytes, whatever its name says. A PDF must begin at byte 0."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"%PDF-"):
        return PDF
    if head[4:8] == b"ftyp" and head[8:12] in MP4_BRANDS:
        return MP4
    return None


def display_name(sent: str, type: FileType) -> str:
    """The name that people see and save under: without a path or invisible characters, short, with a suffix."""
    clean = _without_tricks(sent)
    stem, dot, suffix = clean.rpartition(".")
    if dot and f".{suffix.lower()}" in type.suffixes:
        ending = f".{suffix.lower()}"
    else:
        stem, ending = clean, type.suffixes[0]
    return f"{_shortened(stem.strip('. '), LONGEST_NAME - len(ending)) or 'file'}{ending}"


def name_as_sent(sent: str) -> str:
    """A safe form of a refused file's name, by which its sender recognises it."""
    return _shortened(_without_tricks(sent), LONGEST_NAME)


def _without_tricks(sent: str) -> str:
    last = re.split(r"[/\\]", sent[:4_000])[-1]
    return _NOT_FOR_NAMES.sub("_", _UNSEEN.sub("", unicodedata.normalize("NFC", last))).strip()


def _shortened(stem: str, longest: int) -> str:
    """Cut a text before a letter, never between a letter and its combining marks."""
    if len(stem) <= longest:
        return stem
    end = longest
    while end and unicodedata.combining(stem[end]):
        end -= 1
    return stem[:end].rstrip()
