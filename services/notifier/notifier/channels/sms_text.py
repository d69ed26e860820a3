"""A text as mobile networks carry it: in which alphabet, in how many parts, and without what could deceive.

GSM 7-bit (3GPP TS 23.038) holds 160 characters, or 153 in each of several parts; a character of its extension takes two
places, and both stand in one part. One character outside of it turns the whole text to UCS-2: 70, or 67 in each part,
counted in 16-bit units, and what takes two of these (an emoji) stands in one part, too.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import gsm0338

Alphabet = Literal["gsm-7", "ucs-2"]

CODEC = gsm0338.Codec()
ALONE = {"gsm-7": 160, "ucs-2": 70}
IN_PARTS = {"gsm-7": 153, "ucs-2": 67}
MOST_PARTS = 4
"""The most parts that an SMS may have, because of their cost. A longer template is a fault at start."""

NOT_FOR_A_PHONE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+"
)
"""Controls but the line end, and what turns the direction of reading or is not seen at all."""


@dataclass(frozen=True, slots=True)
class SmsLength:
    """`units`: septets or 16-bit units."""

    alphabet: Alphabet
    units: int
    parts: int


def cleaned(text: str) -> str:
    """One spelling for what looks alike, nothing that is not seen, no half of a character."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    lines = unicodedata.normalize("NFC", whole).replace("\r\n", "\n").replace("\r", "\n")
    return NOT_FOR_A_PHONE.sub("", lines).strip()


def counted(text: str) -> SmsLength:
    """Expects a cleaned text."""
    try:
        widths = [len(CODEC.encode(character)[0]) for character in text]
        alphabet: Alphabet = "gsm-7"
    except UnicodeError:
        widths = [len(character.encode("utf-16-le")) // 2 for character in text]
        alphabet = "ucs-2"
    units = sum(widths)
    if units <= ALONE[alphabet]:
        return SmsLength(alphabet, units, 1 if units else 0)
    return SmsLength(alphabet, units, _parts(widths, IN_PARTS[alphabet]))


def _parts(widths: Iterable[int], room: int) -> int:
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts
