"""Files to attach, made as small as they can be and still be what they are."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112
PLACE = {1: "N", 2: (26.0, 13.0, 12.5), 3: "E", 4: (50.0, 35.0, 9.25)}
EICAR_LIKE = b"%PDF-1.7 a-file-that-the-test-scanner-calls-infected %%EOF"


def a_photo(format: str = "JPEG", size: tuple[int, int] = (64, 32), orientation: int = 1, **options: Any) -> bytes:
    """Red on its left half and blue on its right, with the place, the camera and a comment in it."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[MAKE] = "A camera that is nobody's business"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update(PLACE)
    exif[GPS] = PLACE
    file = io.BytesIO()
    image.save(file, format, exif=exif, **options)
    return file.getvalue()


def a_png_of(width: int, height: int) -> bytes:
    """All one colour: a few kilobytes, however many pixels."""
    row = zlib.compressobj(9)
    packed = b"".join(row.compress(b"\0" + bytes(width // 8)) for _ in range(height)) + row.flush()

    def _chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def a_document(words: str = "A letter.") -> bytes:
    return f"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj % {words}\ntrailer << /Root 1 0 R >>\n%%EOF\n".encode()


def a_box(type: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), type) + content


def a_video(brand: bytes = b"isom", place: bytes = b"+26.2202+050.5859/") -> bytes:
    """The boxes of a video, with the place where phones put it."""
    track = a_box(b"trak", a_box(b"tkhd", bytes(20)) + a_box(b"udta", a_box(b"name", place)))
    told = a_box(b"udta", a_box(b"\xa9xyz", place)) + a_box(b"meta", place)
    return (
        a_box(b"ftyp", brand + bytes(4) + b"mp42")
        + a_box(b"moov", a_box(b"mvhd", bytes(100)) + track + told)
        + a_box(b"mdat", b"pictures")
    )
