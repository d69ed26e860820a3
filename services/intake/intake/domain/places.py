"""Places by the names that people give them: in both scripts, with or without articles, in many spellings."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from shared.events.directory import PlaceChanged
from shared.spelling import normalised

MOST_OFFERED = 5
ALIKE = 0.75
"""Of two spellings, by difflib's measure: enough to ask, never enough to decide."""

SHORTEST = 3
"""Letters that a part of a name must have to be taken for it."""

_APOSTROPHES = dict.fromkeys(map(ord, "'`´‘’ʻʼʾʿ"))
_LATIN_ARTICLES = frozenset({"al", "el", "ad", "ar", "as", "ash", "at", "az", "an"})
_KINDS = frozenset(
    {"town", "city", "village", "area", "district", "madinat", "madina", "jazirat", "island", "islands"}
    | {"مدينه", "قريه", "منطقه", "ضاحيه", "حي", "جزيره", "جزر"}
)
"""What a place is, which some say and others do not."""

_VOWELS = [
    (re.compile(said), vowel) for said, vowel in (("ee|ie", "i"), ("oo|ou", "u"), ("ei|ey|ay", "ai"), ("y", "i"))
]
_TWICE = re.compile(r"(.)\1+")
_BLOCK = re.compile(r"(?:block|blk|مجمع|المجمع)? ?([0-9]{1,5})")


@dataclass(frozen=True)
class Found:
    """`is_sure`: the one place that is called so. Otherwise those that may be meant, the likeliest first."""

    places: Sequence[PlaceChanged] = ()
    is_sure: bool = False


class Gazetteer:
    def __init__(self, places: Iterable[PlaceChanged]) -> None:
        self.places = [place for place in places if place.active]
        self._by_id = {place.place: place for place in self.places}
        self._by_name: dict[str, dict[str, PlaceChanged]] = {}
        self._words: dict[str, frozenset[str]] = {}
        for place in self.places:
            for name in (place.name.ar, place.name.en, *place.other_names.ar, *place.other_names.en):
                words = spelled(name)
                self._by_name.setdefault("".join(words), {})[place.place] = place
                self._words["".join(words)] = frozenset(words)

    def called(self, typed: str) -> PlaceChanged | None:
        """The one place of this id or name, however it is spelled; cheap, as every filing may ask."""
        if typed in self._by_id:
            return self._by_id[typed]
        called_so = self._by_name.get("".join(spelled(typed)), {})
        return next(iter(called_so.values())) if len(called_so) == 1 else None

    def find(self, typed: str) -> Found:
        """As `called`; otherwise those that come near, which takes a look at every name."""
        one = self.called(typed)
        if one is not None:
            return Found([one], is_sure=True)
        words = spelled(typed)
        key = "".join(words)
        if called_so := self._by_name.get(key):
            return Found(list(called_so.values())[:MOST_OFFERED])
        names = [*self._sharing(frozenset(words)), *get_close_matches(key, self._by_name, MOST_OFFERED, ALIKE)]
        alike = {id: place for name in names for id, place in self._by_name[name].items()}
        return Found(list(alike.values())[:MOST_OFFERED])

    def of_block(self, block: str) -> PlaceChanged | None:
        number = int(block)
        of = (place for place in self.places if any(first <= number <= last for first, last in place.blocks))
        return next(of, None)

    def _sharing(self, typed: frozenset[str]) -> list[str]:
        """Names that are a part of what was typed, or of which it is a part; the longest first."""
        said = {word for word in typed if len(word) >= SHORTEST}
        shares = [name for name, words in self._words.items() if len(name) >= SHORTEST and words <= typed]
        shares += [name for name, words in self._words.items() if said and said < words]
        return sorted(shares, key=len, reverse=True)


def block_in(typed: str) -> str | None:
    """The number, where somebody wrote a block for a place: "428", "Block 428", "مجمع ٤٢٨"."""
    said = _BLOCK.fullmatch(normalised(typed))
    return said[1] if said else None


def spelled(name: str) -> list[str]:
    """Its words in the one spelling in which names are compared, without what some leave out."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", name.translate(_APOSTROPHES)) if not _is_mark(each))
    words = normalised(bare).split()
    plain = [_plain(word) for word in words if word not in _LATIN_ARTICLES] or words
    return [word for word in plain if word not in _KINDS] or plain


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) == "Mn"


def _plain(word: str) -> str:
    word = word.replace("ء", "")
    for article, left in (("ال", 2), ("al", 4)):
        if word.startswith(article) and len(word) >= len(article) + left:
            word = word.removeprefix(article)
    for pattern, vowel in _VOWELS:
        word = pattern.sub(vowel, word)
    word = _TWICE.sub(r"\1", word) if word.isascii() and not word.isdecimal() else word
    return word.removesuffix("h") if word.endswith("ah") else word
