"""Checks that MP4 videos and PDF documents are complete, and removes the location from videos.

Videos are not decoded. A file is a sequence of boxes (ISO 14496-12): a length, a four-letter type, and content. Cameras
write location and owner into `udta`, `meta` and `uuid` boxes; these become free space of the same length, so that all
offsets stay valid.
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
"""The end marker must occur within this many bytes of the end, as PDF readers allow."""

Box = tuple[bytes, int, int, int]
"""Type, start, start of the content, end."""


def forget_place(file: IO[bytes]) -> None:
    """Overwrite location data in place. Raises CannotBeTaken for an incomplete video."""
    end = file.seek(0, 2)
    seen = {type for type, *_ in _boxes(file, 0, end)}
    if not {b"ftyp", b"moov", b"mdat"} <= seen:
        raise CannotBeTaken(Unusable.DAMAGED)
    for type, begins, content, ends in list(_boxes(file, 0, end)):
        _forget(file, type, begins, content, ends)
    file.seek(0)


def check_document(file: IO[bytes]) -> None:
    """Raises CannotBeTaken for a truncated PDF, or one that is followed by other data."""
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
    """Boxes up to the end of the file. Anything else there means damage, or two files in one."""
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
