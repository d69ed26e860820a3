"""Arabic and Latin text brought to one spelling, so that words can be compared."""

import re
import unicodedata
from functools import lru_cache

_LETTERS = {
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ئ": "ي",
    "ؤ": "و",
    "ة": "ه",
    "ک": "ك",
    "ـ": None,  # tatweel: a stretched line, no letter
}
DIGIT = r"0-9\u0660-\u0669\u06F0-\u06F9"
"""For the character class of a regular expression, in JSON Schema too: the digits of an Arabic or Persian keyboard
stand for those of ASCII."""

_DIGITS = {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
_MARKS = dict.fromkeys([*range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670, *range(0x06D6, 0x06EE)])
"""Short vowels, doubling, and the signs of recitation."""

_INVISIBLE = dict.fromkeys([0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
"""Joiners and marks of direction, which word processors leave inside words."""

_SPELLING = str.maketrans({**_LETTERS, **_DIGITS}) | _MARKS | _INVISIBLE
_ASCII_DIGITS = str.maketrans(_DIGITS)
_NO_WORD = re.compile(r"[\W_]+")

TEXTS_REMEMBERED = 1_024
"""Large enough for a batch: routing asks for each text's place, block, words and similar cases, one after the other."""


def ascii_digits(text: str) -> str:
    """The same with every Arabic-Indic and Persian digit as the one of ASCII."""
    return text if text.isascii() else text.translate(_ASCII_DIGITS)


@lru_cache(maxsize=TEXTS_REMEMBERED)
def normalised(text: str) -> str:
    """Words in one spelling, with one space between them.

    Hamza on its own stays: without it "water" (ماء) would be "what" (ما).
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        plain = plain.translate(_SPELLING)
    return _NO_WORD.sub(" ", plain).strip()
