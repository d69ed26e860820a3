"""Which files are taken, and what is left of them: types by their bytes, names, images, videos and documents."""

import io
import threading
import unicodedata
from typing import IO
from uuid import uuid4

import pytest
from intake.attachments.model import (
    JPEG,
    LONGEST_NAME,
    MP4,
    PDF,
    PNG,
    WEBP,
    CannotBeTaken,
    Unusable,
    display_name,
    type_of,
)
from intake.media.file_sanitiser import Cleaner
from intake.media.images import LONGEST_SIDE, MOST_SCANS, redraw
from intake.media.malware_scanner import Unscanned
from intake.media.videos import check_document, forget_place
from intake.submissions.errors import TooManyFiles
from intake.submissions.model import Attachment
from intake.submissions.time_limits import Limits
from intake.tracking.commands import attach
from PIL import Image, ImageCms

from tests.support.files import GPS, a_box, a_document, a_photo, a_png_of, a_video
from tests.support.intake import NOON, a_submission

ID = str(uuid4())
MANY = 2_000_000


def why(refused: pytest.ExceptionInfo[CannotBeTaken]) -> Unusable:
    return refused.value.why


@pytest.mark.parametrize(
    ("content", "type"),
    [
        (a_photo("JPEG"), JPEG),
        (a_photo("PNG"), PNG),
        (a_photo("WEBP"), WEBP),
        (a_document(), PDF),
        (a_video(), MP4),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", None),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"<html><script>alert(1)</script>", None),
        (b"MZ\x90\x00", None),
        (b"PK\x03\x04", None),
        (b"GIF89a", None),
        (b"\n%PDF-1.7", None),
        (a_video(b"qt  "), None),
        (a_video(b"heic"), None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_a_type_is_told_by_the_first_bytes_alone(content: bytes, type: object) -> None:
    assert type_of(content[:16]) is type


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("lamp.jpg", "lamp.jpg"),
        ("LAMP.JPEG", "LAMP.jpeg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\windows\\system32\\lamp.jpg", "lamp.jpg"),
        ("C:\\Users\\مريم\\عمود الإنارة.jpg", "عمود الإنارة.jpg"),
        ("gpj.exe\u202egnp.jpg", "gpj.exegnp.jpg"),
        ("\u2067\u200fلمبة\u2069.jpg", "لمبة.jpg"),
        ("lamp.exe", "lamp.exe.jpg"),
        ("lamp.svg", "lamp.svg.jpg"),
        ("la\x00mp\r\nX-Evil: 1.jpg", "lampX-Evil_ 1.jpg"),
        ('"><script>alert(1)</script>.jpg', "script_.jpg"),
        ("", "file.jpg"),
        ("....", "file.jpg"),
        (".jpg", "file.jpg"),
        ("\ud800.jpg", "file.jpg"),
    ],
)
def test_a_name_is_shown_without_what_could_mislead(sent: str, shown: str) -> None:
    assert display_name(sent, JPEG) == shown


def test_a_name_of_a_thousand_arabic_letters_is_cut_and_keeps_its_ending() -> None:
    name = display_name("مُ" * 500 + ".jpg", JPEG)
    assert len(name) <= LONGEST_NAME
    assert name.endswith(".jpg")
    assert not unicodedata.combining(name[0])


@pytest.mark.parametrize(("type", "format"), [(JPEG, "JPEG"), (PNG, "PNG"), (WEBP, "WEBP")])
def test_an_image_keeps_its_pixels_and_nothing_else(type: object, format: str) -> None:
    sent = a_photo(format)
    assert b"nobody's business" in sent
    redrawn = redraw(io.BytesIO(sent), type, MANY)  # type: ignore[arg-type]
    kept = redrawn.content.read()
    assert len(kept) == redrawn.size
    assert b"nobody" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size) == (format, (64, 32))
        assert not dict(image.getexif())
        assert not image.getexif().get_ifd(GPS)
        assert image.convert("RGB").getpixel((5, 5))[0] > 200  # type: ignore[index]
    with Image.open(io.BytesIO(redrawn.thumbnail)) as small:
        assert (small.format, small.size) == ("JPEG", (64, 32))


def test_an_image_stays_the_right_way_up() -> None:
    redrawn = redraw(io.BytesIO(a_photo(orientation=6)), JPEG, MANY)
    with Image.open(redrawn.content) as image:
        assert image.size == (32, 64)
        top = image.getpixel((16, 5))
        assert top[0] > 200 > 60 > top[2]  # type: ignore[index]


def test_what_stands_behind_or_beside_the_pixels_is_gone() -> None:
    page = b"<html><script>alert(document.domain)</script>"
    polyglot = a_photo(comment=page) + b"PK\x03\x04" + page
    kept = redraw(io.BytesIO(polyglot), JPEG, MANY).content.read()
    assert b"script" not in kept
    assert b"PK\x03\x04" not in kept


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_image_is_refused(format: str) -> None:
    type = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP}[format]
    whole = a_photo(format, size=(300, 300))
    for length in (len(whole) // 2, 40, 16):
        with pytest.raises(CannotBeTaken) as refused:
            redraw(io.BytesIO(whole[:length]), type, MANY)
        assert why(refused) == Unusable.DAMAGED


def test_a_bomb_is_refused_before_it_is_opened() -> None:
    bomb = a_png_of(20_000, 20_000)
    assert len(bomb) < 100_000
    with pytest.raises(CannotBeTaken) as refused:
        redraw(io.BytesIO(bomb), PNG, 50_000_000)
    assert why(refused) == Unusable.TOO_MANY_PIXELS


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    with pytest.raises(CannotBeTaken):
        redraw(io.BytesIO(a_photo() + b"\xff\xda" * (MOST_SCANS + 1)), JPEG, MANY)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_very_large_image_is_made_smaller(format: str) -> None:
    redrawn = redraw(io.BytesIO(a_photo(format, size=(6_000, 100))), {"JPEG": JPEG, "PNG": PNG}[format], MANY)
    with Image.open(redrawn.content) as image:
        assert image.width <= LONGEST_SIDE
        assert image.width > LONGEST_SIDE // 2


def test_an_image_of_many_pixels_is_read_at_half_its_size() -> None:
    with Image.open(redraw(io.BytesIO(a_photo(size=(2_000, 600))), JPEG, MANY).content) as image:
        assert image.size == (1_000, 300)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_images_of_every_kind_of_colour_are_taken(mode: str) -> None:
    file = io.BytesIO()
    format, type = ("JPEG", JPEG) if mode == "CMYK" else ("PNG", PNG)
    Image.new("RGB" if mode == "CMYK" else mode, (9, 9)).convert(mode).save(file, format)
    assert redraw(file, type, MANY).size > 0


def test_a_video_forgets_where_it_was_taken_and_changes_nothing_else() -> None:
    sent = a_video()
    file: IO[bytes] = io.BytesIO(sent)
    forget_place(file)
    kept = file.read()
    assert b"050.5859" in sent
    assert b"050.5859" not in kept
    assert len(kept) == len(sent)
    assert kept.endswith(a_box(b"mdat", b"pictures"))
    forget_place(io.BytesIO(kept))


@pytest.mark.parametrize(
    "content",
    [
        a_video()[:-1],
        a_video() + b"<html>",
        a_video() + bytes(4),
        a_box(b"ftyp", b"isom") + a_box(b"mdat"),
        a_box(b"ftyp", b"isom") + b"\x00\x00\x00\x01moov\x00\x00\x00\x00\x00\x00\x00\x03",
        a_box(b"ftyp", b"isom") + a_box(b"moov", b"\xff\xff\xff\xfftrak") + a_box(b"mdat"),
    ],
)
def test_a_video_that_is_cut_off_or_has_something_behind_it_is_refused(content: bytes) -> None:
    with pytest.raises(CannotBeTaken) as refused:
        forget_place(io.BytesIO(content))
    assert why(refused) == Unusable.DAMAGED


def test_a_document_that_is_cut_off_or_has_something_behind_it_is_refused() -> None:
    check_document(io.BytesIO(a_document()))
    for content in (a_document()[:20], a_document() + b"<html>" * 1_000):
        with pytest.raises(CannotBeTaken):
            check_document(io.BytesIO(content))


class Watched(io.BytesIO):
    """Notes which threads read it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[str] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        self.readers.add(threading.current_thread().name)
        return super().read(size)


@pytest.mark.parametrize("content", [a_photo(), a_video(), a_document()])
async def test_files_are_worked_on_in_a_thread_of_their_own(content: bytes) -> None:
    file, cleaner = Watched(content), Cleaner(Unscanned(), MANY)
    await cleaner.clean(await cleaner.look(file))
    assert {name.partition("_")[0] for name in file.readers} == {"files"}
    await cleaner.close()


def test_a_profile_of_colours_stays_only_with_its_colours() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for mode, stays in (("RGB", True), ("CMYK", False)):
        file = io.BytesIO()
        Image.new(mode, (9, 9)).save(file, "JPEG", icc_profile=profile)
        with Image.open(redraw(file, JPEG, MANY).content) as image:
            assert ("icc_profile" in image.info) == stays


def test_sixteen_bits_of_grey_stay_grey() -> None:
    file = io.BytesIO()
    Image.new("I;16", (9, 9), 0x8000).save(file, "PNG", transparency=0xFFFF)
    with Image.open(redraw(file, PNG, MANY).content) as image:
        assert image.convert("L").getpixel((4, 4)) in (127, 128)


def some_files(count: int) -> list[Attachment]:
    return [Attachment(id=f"a{n}", media_type="image/png", size=n, name=f"{n}.png", at=NOON) for n in range(count)]


def test_a_sixth_file_is_refused_and_the_same_again_changes_nothing() -> None:
    decision = attach(ID, a_submission(), some_files(5), Limits(), NOON)
    assert decision is not None
    assert attach(ID, decision.state, some_files(5), Limits(), NOON) is None
    with pytest.raises(TooManyFiles):
        attach(ID, decision.state, some_files(6), Limits(), NOON)


def test_the_fact_tells_ids_types_and_sizes_and_no_names() -> None:
    decision = attach(ID, a_submission(), some_files(2), Limits(), NOON)
    assert decision is not None
    (draft,) = decision.events
    assert [file.id for file in draft.data.attachments] == ["a0", "a1"]  # type: ignore[attr-defined]
    assert "0.png" not in draft.data.model_dump_json()
    assert decision.state.timeline[-1].details == {"attachments": ["a0", "a1"]}
