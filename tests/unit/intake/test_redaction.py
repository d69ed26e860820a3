"""Public copies of photos are painted over for good and contain nothing but pixels."""

import io
import math

import pytest
from intake.attachments.model import JPEG, PNG, WEBP, CannotBeTaken, FileType
from intake.media.file_sanitiser import Cleaner
from intake.media.images import LONGEST_PUBLIC_SIDE, Redacted, redact
from intake.media.malware_scanner import Unscanned
from intake.photos.http_models import RectangleSent
from intake.publication.model import Rectangle
from PIL import Image, ImageCms
from pydantic import ValidationError

from tests.support.files import GPS, a_photo

MANY = 50_000_000
TYPES = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP}
LEFT_HALF = Rectangle(left=0, top=0, width=50, height=100)
Colour = tuple[int, int, int]


def redacted(content: bytes, *rectangles: Rectangle, type: FileType = JPEG) -> Redacted:
    return redact(io.BytesIO(content), type, rectangles, MANY)


def seen(made: Redacted) -> Image.Image:
    made.content.seek(0)
    return Image.open(io.BytesIO(made.content.read()))


def colour(image: Image.Image, x: int, y: int) -> str:
    pixel = image.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    return "red" if red > 150 else "blue" if blue > 150 else "black" if max(pixel) < 60 else str(pixel)


def most_red(image: Image.Image) -> int:
    most = image.convert("RGB").getextrema()[0]
    assert isinstance(most, tuple)
    return int(most[1])


@pytest.mark.parametrize("format", TYPES)
def test_a_rectangle_is_black_and_everything_else_stays(format: str) -> None:
    made = redacted(a_photo(format), Rectangle(left=25, top=25, width=50, height=50), type=TYPES[format])
    image = seen(made)
    assert (image.format, image.size) == ("JPEG", (64, 32)) == ("JPEG", (made.width, made.height))
    assert [colour(image, x, 16) for x in (4, 20, 44, 60)] == ["red", "black", "black", "blue"]
    assert [colour(image, 4, y) for y in (4, 28)] == ["red", "red"]


@pytest.mark.parametrize("format", TYPES)
def test_nothing_of_what_was_painted_over_is_left_in_the_copy_or_its_thumbnail(format: str) -> None:
    made = redacted(a_photo(format, size=(2_400, 900)), LEFT_HALF, type=TYPES[format])
    image = seen(made)
    with Image.open(io.BytesIO(made.thumbnail)) as thumbnail:
        assert max(most_red(image), most_red(thumbnail)) < 60
        assert colour(thumbnail, 200, 40) == "blue"


def test_a_rectangle_is_where_people_see_it_whichever_way_the_camera_was_held() -> None:
    """Held sideways, what the file has on its left is above."""
    image = seen(redacted(a_photo(orientation=6), Rectangle(left=0, top=0, width=100, height=50)))
    assert image.size == (32, 64)
    assert [colour(image, 16, y) for y in (8, 56)] == ["black", "blue"]


@pytest.mark.parametrize(
    ("rectangle", "left", "right"),
    [
        (Rectangle(left=90, top=90, width=100, height=100), "red", "blue"),
        (Rectangle(left=-50, top=-50, width=100, height=200), "black", "blue"),
        (Rectangle(left=150, top=0, width=10, height=100), "red", "blue"),
        (Rectangle(left=-90, top=0, width=10, height=100), "red", "blue"),
        (Rectangle(left=0, top=0, width=1e9, height=1e9), "black", "black"),
        (Rectangle(left=60, top=0, width=-60, height=100), "red", "blue"),
    ],
)
def test_what_reaches_over_the_edge_is_cut(rectangle: Rectangle, left: str, right: str) -> None:
    image = seen(redacted(a_photo(), rectangle))
    assert (colour(image, 4, 4), colour(image, 58, 4)) == (left, right)


@pytest.mark.parametrize(
    "wrong",
    [
        {"left": -1},
        {"left": 100},
        {"top": 100.5},
        {"width": 0},
        {"height": 101},
        {"width": math.nan},
        {"left": math.inf},
        {"top": "a"},
        {"other": 1},
    ],
)
def test_a_rectangle_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RectangleSent.model_validate({"left": 1, "top": 1, "width": 1, "height": 1} | wrong)


def test_every_pixel_that_is_touched_is_painted() -> None:
    file = io.BytesIO()
    Image.new("RGB", (10, 10), "red").save(file, "PNG")
    image = seen(redacted(file.getvalue(), Rectangle(left=19, top=0, width=12, height=100), type=PNG))
    reds = [(image.getpixel((x, 5)) or (0,))[0] for x in range(10)]  # type: ignore[index]
    assert max(reds[1:4]) < min(reds[0], reds[5]) / 2


def test_behind_what_is_seen_through_nothing_is_left() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(file, "PNG")
    image = seen(redacted(file.getvalue(), type=PNG))
    assert image.mode == "RGB"
    assert image.getextrema() == ((255, 255), (255, 255), (255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_photos_of_every_kind_of_colour_are_painted_over(mode: str) -> None:
    file = io.BytesIO()
    format = "JPEG" if mode == "CMYK" else "PNG"
    Image.new("RGB" if mode == "CMYK" else mode, (16, 16)).convert(mode).save(file, format)
    assert colour(seen(redacted(file.getvalue(), LEFT_HALF, type=TYPES[format])), 2, 2) == "black"


def test_the_copy_holds_pixels_alone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = a_photo(icc_profile=profile, comment=b"the house of somebody")
    made = redacted(sent)
    image = seen(made)
    assert not dict(image.getexif())
    assert not image.getexif().get_ifd(GPS)
    assert not {"icc_profile", "comment", "exif"} & set(image.info)
    made.content.seek(0)
    assert b"nobody's business" not in made.content.read()


def test_a_large_photo_is_shown_smaller() -> None:
    assert max(seen(redacted(a_photo(size=(4_000, 1_000)))).size) == LONGEST_PUBLIC_SIDE


def test_a_damaged_photo_is_none() -> None:
    with pytest.raises(CannotBeTaken):
        redacted(a_photo(size=(200, 200))[:500])


async def test_the_copy_is_made_in_the_thread_of_files_and_always_a_jpeg() -> None:
    cleaner = Cleaner(Unscanned(), MANY)
    made = await cleaner.redacted(io.BytesIO(a_photo("WEBP")), WEBP, [LEFT_HALF])
    assert (made.type, made.width, made.height) == (JPEG, 64, 32)
    assert len(made.content.read()) == made.size
    await cleaner.close()
