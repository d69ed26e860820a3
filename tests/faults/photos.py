"""Photos that are told apart by their pixels, which stay what they are while a file is drawn anew."""

import hashlib
import io
from random import Random

from PIL import Image

WITH_PHOTOS = 0.15
"""How often photos follow as soon as a submission has its number, as the app sends them."""

SMALL, LARGE = 40, 440
"""Pixels of a side. Of the large ones the content is more than one piece in the store."""
ARE_LARGE = 0.1


def a_photo(chance: Random) -> bytes:
    """Noise: no two are alike, and it cannot be packed."""
    side = LARGE if chance.random() < ARE_LARGE else SMALL
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), chance.randbytes(side * side * 3)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def picture_of(content: bytes) -> str:
    """A digest of what can be seen; empty where the file is no image, or not whole."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            return hashlib.sha256(f"{image.size}".encode() + image.convert("RGB").tobytes()).hexdigest()
    except (OSError, SyntaxError, ValueError):
        return ""
