"""Re-encodes images from their pixels, which drops location, camera, comments and appended files.

The orientation is applied to the pixels first. All functions block, so they run in a thread.
"""

import contextlib
import math
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from PIL import Image, ImageOps

from intake.attachments.model import CannotBeTaken, FileType, Unusable
from intake.publication.model import Rectangle

LONGEST_SIDE = 4_096
"""Larger images are scaled down to this side in pixels, which is enough for an A3 print."""

LONGEST_PUBLIC_SIDE = 2_048
"""The longest side of public copies: enough for a screen, with less detail that a moderator may have overlooked."""

PAINT = (0, 0, 0)
THUMBNAIL_SIDE = 240
MOST_SCANS = 200
"""A progressive JPEG has about ten scans; thousands in a small file are an attack on the decoder."""

LARGEST_PROFILE = 64 * 1024
IN_MEMORY = 1024 * 1024

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
HOW: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 86, "method": 2},
}


@dataclass(frozen=True)
class Redrawn:
    """`content` is positioned at its start; `thumbnail` is a small JPEG."""

    content: IO[bytes]
    size: int
    thumbnail: bytes


@dataclass(frozen=True)
class Redacted(Redrawn):
    """A JPEG with its size in pixels."""

    width: int
    height: int


def redraw(file: IO[bytes], type: FileType, most_pixels: int) -> Redrawn:
    """Raises CannotBeTaken. Only the first picture of an animation is kept."""
    format = FORMATS[type.media_type]
    _check_scans(file, format)
    with _faults_named():
        return _drawn(_opened(file, format, most_pixels), format)


def redact(
    file: IO[bytes],
    type: FileType,
    rectangles: Sequence[Rectangle],
    most_pixels: int,
    longest: int = LONGEST_PUBLIC_SIDE,
) -> Redacted:
    """Make a public copy with the rectangles in one solid colour. Raises CannotBeTaken.

    They are painted before scaling and encoding, so that no hidden pixel influences another one or the thumbnail. The
    colour is opaque, because a translucent one would reveal what is below.
    """
    with _faults_named():
        image = _opened(file, FORMATS[type.media_type], most_pixels)
        ImageOps.exif_transpose(image, in_place=True)
        image = _flat(image)
        for rectangle in rectangles:
            _paint_over(image, rectangle)
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - its reader closes it
        image.save(content, "JPEG", **HOW["JPEG"])
        size = content.tell()
        content.seek(0)
        return Redacted(content, size, _thumbnail(image), image.width, image.height)


@contextlib.contextmanager
def _faults_named() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of many pixels, which are checked below
            yield
    except CannotBeTaken:
        raise
    except Image.DecompressionBombError as error:
        raise CannotBeTaken(Unusable.TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise many kinds of errors on hostile files
        raise CannotBeTaken(Unusable.DAMAGED) from error


def _flat(image: Image.Image) -> Image.Image:
    """Convert to RGB, with transparent areas in white, and drop all metadata."""
    image = _in_mode(image, "PNG")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    flat = image.convert("RGB")
    flat.info = {}
    return flat


def _paint_over(image: Image.Image, part: Rectangle) -> None:
    """Every pixel that the rectangle touches, clipped to the image."""
    width, height = image.size
    left, right = math.floor(width * part.left / 100), math.ceil(width * (part.left + part.width) / 100)
    top, bottom = math.floor(height * part.top / 100), math.ceil(height * (part.top + part.height) / 100)
    box = (max(0, left), max(0, top), min(width, right), min(height, bottom))
    if box[0] < box[2] and box[1] < box[3]:
        image.paste(PAINT, box)


def _check_scans(file: IO[bytes], format: str) -> None:
    file.seek(0)
    if format == "JPEG" and file.read().count(b"\xff\xda") > MOST_SCANS:
        raise CannotBeTaken(Unusable.DAMAGED)
    file.seek(0)


def _opened(file: IO[bytes], format: str, most_pixels: int) -> Image.Image:
    """Decode the image; its size was checked before."""
    image: Image.Image = Image.open(file, formats=[format])
    pixels, much = image.width * image.height, most_pixels // 2
    # A JPEG can be read at half its size; the others need the memory for all of it.
    if pixels > (most_pixels if format == "JPEG" else much):
        raise CannotBeTaken(Unusable.TOO_MANY_PIXELS)
    if pixels > much:
        image.draft(None, (image.width // 2, image.height // 2))
    image.load()
    return image


def _drawn(image: Image.Image, format: str) -> Redrawn:
    kept: dict[str | tuple[int, int], Any] = {
        name: image.info[name]
        for name in ("icc_profile", "transparency")
        if name in image.info and (name != "icc_profile" or len(image.info[name] or b"") <= LARGEST_PROFILE)
    }
    ImageOps.exif_transpose(image, in_place=True)
    colours = image.mode
    image = _in_mode(image, format)
    if image.mode != colours:
        kept.clear()  # both describe the original colours: a CMYK profile or a transparent colour
    if max(image.size) > LONGEST_SIDE:
        if image.mode == "P":
            image = image.convert("RGBA")
            kept.pop("transparency", None)
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if image.mode not in ("P", "L", "RGB"):
        kept.pop("transparency", None)
    image.info = kept
    content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - its reader closes it
    image.save(content, format, icc_profile=kept.get("icc_profile"), **HOW[format])
    size = content.tell()
    content.seek(0)
    return Redrawn(content, size, _thumbnail(image))


def _in_mode(image: Image.Image, format: str) -> Image.Image:
    fits = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "WEBP": ("RGB", "RGBA")}[format]
    if image.mode in fits:
        return image
    if image.mode.startswith("I"):  # 16-bit greyscale, which a plain conversion would turn white
        return image.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.mode in ("LA", "PA", "RGBa", "La") else "RGB")


def _thumbnail(image: Image.Image) -> bytes:
    ratio = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    # Scaled before the colour conversion, which would otherwise need the memory twice.
    small = (image if image.mode != "P" else image.convert("RGBA")).resize(size, reducing_gap=2.0).convert("RGBA")
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A"))
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
        ground.save(content, "JPEG", quality=72)
        content.seek(0)
        return content.read()
