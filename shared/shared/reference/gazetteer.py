"""Places by the names that people give them: in both scripts, with or without articles, in many spellings; typed alone,
or mentioned in what somebody writes."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from shared.events.model import Name
from shared.reference.phrases import LONGEST_REMEMBERED, WORDS_REMEMBERED, readings
from shared.reference.spelling import normalised

MOST_OFFERED = 5
ALIKE = 0.75
"""The least similarity of two spellings by difflib: enough to ask, never enough to decide."""

MOST_LETTERS_READ = 4_000
SHORTEST_ALONE, SHORTEST_TOGETHER = 4, 6
"""Letters of a name that is recognised in what somebody writes, by one word or by several."""

SHORTEST = 3
"""Letters that a part of a name must have to be taken for it."""

_APOSTROPHE = re.compile("['`´‘’ʻʼʾʿ]")
_LATIN_ARTICLES = frozenset({"al", "el", "ad", "ar", "as", "ash", "at", "az", "an"})
KINDS = frozenset(
    {"town", "city", "village", "area", "district", "madinat", "madina", "jazirat", "island", "islands"}
    | {"مدينه", "قريه", "منطقه", "ضاحيه", "حي", "جزيره", "جزر"}
)
"""Kinds of places (town, village), which some people write and others omit."""

_LEFT_OUT = _LATIN_ARTICLES | {"the"}
_OF_PLACE = frozenset(
    {"in", "at", "from", "near", "to", "of", "through", "around", "towards", "outside", "inside"}
    | {"في", "من", "الى", "عند", "قرب", "منطقه", "قريه", "مدينه", "حي", "جسر", "شارع", "دوار", "سوق", "طريق"}
    | {"مركز", "حديقه", "فريج"}
)
"""Words that stand in front of the name of a place."""

_VOWELS = [
    (re.compile(said), vowel) for said, vowel in (("ee|ie", "i"), ("oo|ou", "u"), ("ei|ey|ay", "ai"), ("y", "i"))
]
_TWICE = re.compile(r"(.)\1+")
_BLOCK_MENTIONED = re.compile(r"\b(?:block|blk|[وفبل]?(?:ال)?مجمع|للمجمع) ?(?:no |number |رقم )?([0-9]{3,5})\b")
_BLOCK = re.compile(r"(?:block|blk|مجمع|المجمع)? ?([0-9]{1,5})")


class Names(Protocol):
    @property
    def ar(self) -> Sequence[str]: ...

    @property
    def en(self) -> Sequence[str]: ...


class Named(Protocol):
    """`blocks` are ranges, both ends included."""

    @property
    def name(self) -> Name: ...

    @property
    def other_names(self) -> Names: ...

    @property
    def blocks(self) -> Sequence[tuple[int, int]]: ...


P = TypeVar("P", bound=Named)


@dataclass(frozen=True)
class PlaceMatches(Generic[P]):
    """`is_sure`: the one place that is called so. Otherwise those that may be meant, the likeliest first."""

    places: Sequence[P] = ()
    is_sure: bool = False


class Gazetteer(Generic[P]):
    """`places` by their ids."""

    def __init__(self, places: Mapping[str, P]) -> None:
        self.places = list(places.values())
        self._by_id = places
        self._by_name: dict[str, dict[str, P]] = {}
        self._words: dict[str, frozenset[str]] = {}
        for id, place in places.items():
            for name in (place.name.ar, place.name.en, *place.other_names.ar, *place.other_names.en):
                words = spelled(name)
                self._by_name.setdefault("".join(words), {})[id] = place
                self._words["".join(words)] = frozenset(words)
        self._longest = max(map(len, self._words.values()), default=0)
        self._beginnings = {name[:length] for name in self._by_name for length in range(len(name) + 1)}
        self._begun: dict[str, Sequence[tuple[int, str]]] = {}
        self._blocks = sorted((first, last, id) for id, place in places.items() for first, last in place.blocks)
        self._firsts = [first for first, _, _ in self._blocks]

    def called(self, typed: str) -> P | None:
        """The one place of this id or name, however it is spelled; cheap, as every filing may ask."""
        if typed in self._by_id:
            return self._by_id[typed]
        called_so = self._by_name.get("".join(spelled(typed)), {})
        return next(iter(called_so.values())) if len(called_so) == 1 else None

    def find(self, typed: str) -> PlaceMatches[P]:
        """As `called`; otherwise those that come near, which takes a look at every name."""
        one = self.called(typed)
        if one is not None:
            return PlaceMatches([one], is_sure=True)
        words = spelled(typed)
        key = "".join(words)
        if called_so := self._by_name.get(key):
            return PlaceMatches(list(called_so.values())[:MOST_OFFERED])
        names = [*self._sharing(frozenset(words)), *get_close_matches(key, self._by_name, MOST_OFFERED, ALIKE)]
        alike = {id: place for name in names for id, place in self._by_name[name].items()}
        return PlaceMatches(list(alike.values())[:MOST_OFFERED])

    def of_block(self, block: str) -> P | None:
        """The directory has every block in one place at most."""
        at = bisect_right(self._firsts, int(block)) - 1
        if at < 0 or self._blocks[at][1] < int(block):
            return None
        return self._by_id[self._blocks[at][2]]

    def mentioned(self, text: str, is_sentence: bool = True) -> str | None:
        """The id of the one place that a text names, however it is spelled; None where it names none, or several. In a
        sentence a name of one word may be a word like any other (Thursday, high): it is one behind a word of place."""
        words = normalised(_APOSTROPHE.sub("", text)[:MOST_LETTERS_READ]).split()
        told = [word for word in words if word not in _LEFT_OUT and len(word) <= LONGEST_REMEMBERED]
        names = self._names_in(told, is_sentence)
        found = {id for name in names for id in self._by_name.get(name, ())}
        return next(iter(found)) if len(found) == 1 else None

    def _names_in(self, words: Sequence[str], is_sentence: bool) -> Iterator[str]:
        """Yield the names in neighbouring words, as they are compared. A short one needs its kind beside it (Isa Town).
        Hardly a word of a text begins a name: the others cost one look."""
        for at, word in enumerate(words):
            begun = self._begun.get(word)
            if begun is None:
                begun = self._look_up(word)
            if not begun:
                continue
            before, after = words[at - 1] if at else "", words[at + 1 : at + self._longest]
            has_kind = before.removeprefix("ب").removeprefix("ل") in KINDS or bool(KINDS.intersection(after[:1]))
            is_placed = has_kind or not is_sentence or before in _OF_PLACE
            for number, name in begun:
                has_particle = number > 0 and word[0] in "بل"
                if len(name) >= (SHORTEST if has_kind else SHORTEST_ALONE) and (is_placed or has_particle):
                    yield name
                for other in after:
                    name += _plain(other)
                    if name not in self._beginnings:
                        break
                    if len(name) >= SHORTEST_TOGETHER:
                        yield name

    def _look_up(self, word: str) -> Sequence[tuple[int, str]]:
        """Readings of a word with which a name can begin, by their number."""
        plain = enumerate(map(_plain, readings(word)))
        begun = [(number, name) for number, name in plain if name in self._beginnings]
        if len(self._begun) >= WORDS_REMEMBERED:
            self._begun.clear()
        self._begun[word] = begun
        return begun

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


def block_mentioned(text: str) -> str | None:
    """The number of the one block that a text names; None where it names none, or several."""
    found = set(_BLOCK_MENTIONED.findall(normalised(text[:MOST_LETTERS_READ])))
    return found.pop() if len(found) == 1 else None


def spelled(name: str) -> list[str]:
    """Its words in the one spelling in which names are compared, without what some leave out."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", _APOSTROPHE.sub("", name)) if not _is_mark(each))
    words = normalised(bare).split()
    plain = [_plain(word) for word in words if word not in _LATIN_ARTICLES] or words
    return [word for word in plain if word not in KINDS] or plain


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) == "Mn"


@lru_cache(maxsize=WORDS_REMEMBERED)
def _plain(word: str) -> str:
    word = word.replace("ء", "")
    for article, left in (("ال", 2), ("al", 4)):
        if word.startswith(article) and len(word) >= len(article) + left:
            word = word.removeprefix(article)
    for pattern, vowel in _VOWELS:
        word = pattern.sub(vowel, word)
    word = _TWICE.sub(r"\1", word) if word.isascii() and not word.isdecimal() else word
    return word.removesuffix("h") if word.endswith("ah") else word
