"""MP4 videos and PDF documents: whether a file is whole, and the place where a video was taken, written over.

A video is not decoded. It is a row of boxes (ISO 14496-12): a length, a type of four letters, and what is inside. What
a camera says about place, owner and itself stands in boxes of its own, `udta`, `meta` and `uuid`; these become boxes of
free space of the same length, so that everything else stays where it is.
"""

import struct
from collections.abc import Iterator
from typing import IO

from intake.attachments.model import CannotBeTaken, Unusable

TELLING = frozenset({b"udta", b"meta", b"uuid"})
WITH_BOXES = frozenset({b"moov", b"trak"})
MOST_BOXES = 20_000
AT_ONCE = 64 * 1024
PDF_ENDS_WITHIN = 1_024
"""Bytes before the end of the file, as its readers allow."""

Box = tuple[bytes, int, int, int]
"""Type, where it begins, where its content begins, where it ends."""


def forget_place(file: IO[bytes]) -> None:
    """Write over what tells a place, in the file itself. Raises CannotBeTaken for what is no whole video."""
    end = file.seek(0, 2)
    seen = {type for type, *_ in _boxes(file, 0, end)}
    if not {b"ftyp", b"moov", b"mdat"} <= seen:
        raise CannotBeTaken(Unusable.DAMAGED)
    for type, begins, content, ends in list(_boxes(file, 0, end)):
        _forget(file, type, begins, content, ends)
    file.seek(0)


def check_document(file: IO[bytes]) -> None:
    """Raises CannotBeTaken for a PDF that was cut off, or behind which something else stands."""
    size = file.seek(0, 2)
    file.seek(max(0, size - PDF_ENDS_WITHIN))
    if b"%%EOF" not in file.read():
        raise CannotBeTaken(Unusable.DAMAGED)
    file.seek(0)


def _forget(file: IO[bytes], type: bytes, begins: int, content: int, ends: int) -> None:
    if type in TELLING:
        file.seek(begins + 4)
        file.write(b"free")
        file.seek(content)
        for at in range(content, ends, AT_ONCE):
            file.write(bytes(min(AT_ONCE, ends - at)))
    elif type in WITH_BOXES:
        for inner in list(_boxes(file, content, ends)):
            _forget(file, *inner)


def _boxes(file: IO[bytes], begins: int, end: int) -> Iterator[Box]:
    """One after another, up to the very end: what does not fit is damaged, or two files in one."""
    for _ in range(MOST_BOXES):
        if begins == end:
            return
        file.seek(begins)
        head = file.read(min(16, end - begins))
        if len(head) < 8:
            break
        length, type = struct.unpack_from(">I4s", head)
        content = begins + 8
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
            content = begins + 16
        elif length == 0:
            length = end - begins
        if begins + length > end or begins + length < content or not type.isascii():
            break
        yield type, begins, content, begins + length
        begins += length
    raise CannotBeTaken(Unusable.DAMAGED)
