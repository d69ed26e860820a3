"""A text as the classifier reads it: one spelling for what people write in many.

On top of the spelling that rules and searches use (`shared.reference.spelling`): letters drawn out for
emphasis, the letters
that Gulf Arabic borrowed, Arabic in Latin letters and digits (Arabizi), and numbers, which all become zeros: how long a
number is may say something, which one it is must never be learnt.
"""

import re

from shared.reference.spelling import normalised

_GULF = str.maketrans({"چ": "ج", "گ": "ق", "پ": "ب", "ڤ": "ف", "ژ": "ز"})
"""Written for sounds that Arabic has no letter for; who has no such key writes the letter on the right."""

_DRAWN_OUT_ARABIC = re.compile(r"([ء-ي])\1{2,}")
_DRAWN_OUT_LATIN = re.compile(r"([a-z])\1{2,}")

_DIGIT = re.compile(r"\d")
_LONG_NUMBER = re.compile(r"0{5,}")

_ARABIZI = re.compile(r"[a-z]*(?:[2356789]{1,2}[a-z]+)+[37]?|[a-z]{2,}[37]")
_UNIT = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|k|m|km|cm|mm|kg|g|kw|kv|v|w|h|hr|hrs|min|mins|x|d|bd|bhd|gb|mb|mbps|bhk)|"
    r"(?:a|b|c|g|h|m|p|q|t|v|covid|km|kg|cm|mm|no|rd|st|bd|block|road|house|flat|villa|bldg|building|unit|gate)\d+"
)
"""`9pm`, `2nd`, `block7`: a number with what it counts, no Arabic word."""

_ARABIZI_LETTERS = (
    *(("sh", "ش"), ("ch", "ج"), ("th", "ث"), ("dh", "ذ"), ("kh", "خ"), ("gh", "غ")),
    *(("aa", "ا"), ("ee", "ي"), ("ii", "ي"), ("oo", "و"), ("ou", "و"), ("uu", "و")),
    *(("2", "ا"), ("3", "ع"), ("5", "خ"), ("6", "ط"), ("7", "ح"), ("8", "ق"), ("9", "ص")),
    *(("b", "ب"), ("c", "ك"), ("d", "د"), ("f", "ف"), ("g", "ق"), ("h", "ه"), ("j", "ج"), ("k", "ك"), ("l", "ل")),
    *(("m", "م"), ("n", "ن"), ("p", "ب"), ("q", "ق"), ("r", "ر"), ("s", "س"), ("t", "ت"), ("v", "ف"), ("w", "و")),
    *(("x", "كس"), ("y", "ي"), ("z", "ز")),
)
_SPELT = dict(_ARABIZI_LETTERS)
_PIECE = re.compile("|".join([*(re.escape(letters) for letters, _ in _ARABIZI_LETTERS), "[aeiou]"]))
_VOWELS_AT_THE_END = {"a": "ه", "e": "ه", "i": "ي", "o": "و", "u": "و"}


def worded(text: str) -> str:
    """Words with one space between them; empty where the text has none."""
    plain = normalised(text).translate(_GULF)
    if not plain.isascii():
        plain = _DRAWN_OUT_ARABIC.sub(r"\1", plain)
    plain = _DRAWN_OUT_LATIN.sub(r"\1\1", plain)
    if _DIGIT.search(plain) is None:
        return plain
    plain = " ".join([_in_arabic_letters(word) for word in plain.split(" ")])
    return _LONG_NUMBER.sub("0000", _DIGIT.sub("0", plain))


def _in_arabic_letters(word: str) -> str:
    """`el7een` as الحين; a word that is no Arabizi as it is.

    Arabic writes long vowels only: a single vowel inside a word falls away, at its beginning it is an alef.
    """
    if _ARABIZI.fullmatch(word) is None or _UNIT.fullmatch(word):
        return word
    written: list[str] = []
    for piece in _PIECE.finditer(word):
        letters = piece.group()
        if letters in _SPELT:
            written.append(_SPELT[letters])
        elif piece.start() == 0:
            written.append("ا")
        elif piece.end() == len(word):
            written.append(_VOWELS_AT_THE_END[letters])
    return "".join(written)
