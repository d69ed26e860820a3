"""The desk's search: the signs by which a submission is found, and those that somebody asks for.

A sign is the stem of a word of its text or address, in either language, or where it is: `b:428` a block, `p:riffa` a
named place, `a:northern` an area. A stem is a word without what is written in front of it and without its endings:
"lights" finds "lighting", «الحفرة» finds «حفر». It joins more than a dictionary would, which costs a reader a glance;
what is not found costs a citizen the answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Protocol

from shared.events.model import Name
from shared.reference.gazetteer import KINDS, spelled
from shared.reference.likeness import COMMON
from shared.reference.phrases import readings
from shared.reference.spelling import normalised

Signs = tuple[tuple[str, ...], ...]
"""What is looked for: of every group at least one."""

MET_BY_NOTHING: Signs = ((),)
"""Of words that every text has, so that they say nothing."""

MOST_SIGNS, MOST_LETTERS = 100, 4_000
MOST_WORDS_ASKED = 8
LONGEST, SHORTEST, SHORTEST_STEM = 24, 3, 3
BLOCK = frozenset({"block", "blk", "no", "number", "مجمع", "المجمع", "رقم"})
"""Beside a number they say what it is."""

_ARABIC_ENDINGS = ("ها", "هم", "ات", "ان", "ين", "ون", "يه", "ه", "ي")
_ENGLISH_ENDINGS = ("ings", "ing", "ies", "ied", "es", "ed", "s", "e", "y")


class Called(Protocol):
    """A place or an area of the country."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> Name: ...


class Named:
    """By the words of their names, in both languages: the signs of what is called so."""

    def __init__(self, places: Iterable[Called], areas: Iterable[Called]) -> None:
        self._signs: dict[str, dict[str, frozenset[str]]] = {}
        for kind, all_called in (("p", places), ("a", areas)):
            for called in all_called:
                for name in _names(called):
                    words = frozenset(spelled(name))
                    for word in words:
                        self._signs.setdefault(word, {})[f"{kind}:{called.id}"] = words

    def signs(self, words: Sequence[str]) -> list[list[str]]:
        """Find for each word the names that it is, or is a part of together with other words."""
        bare = [next(iter(spelled(word)), word) for word in words]
        return [[sign for sign, whole in self._signs.get(word, {}).items() if whole <= set(bare)] for word in bare]


def found_by(
    texts: Iterable[str | None], block: str | None = None, place: str | None = None, area: str | None = None
) -> tuple[str, ...]:
    places = [f"{kind}:{id}" for kind, id in (("b", block), ("p", place), ("a", area)) if id is not None]
    stems = (stem for text in texts if text for stem in _stems(text))
    return (*places, *islice(dict.fromkeys(stems), MOST_SIGNS))


def looked_for(typed: str, named: Named) -> Signs:
    """Nothing where every word is one that all texts have."""
    words = normalised(typed).split()[:MOST_WORDS_ASKED]
    numbers = any(word.isdecimal() for word in words)
    words = [word for word in words if not (numbers and word in BLOCK)]
    named_so = named.signs(words)
    groups = []
    for word, signs in zip(words, named_so, strict=True):
        if word in KINDS and any(named_so):
            continue  # "Isa Town" is there, also where nobody wrote that it is a town
        stem = _stem(word[:LONGEST])
        block = [f"b:{word}"] if word.isdecimal() else []
        group = dict.fromkeys([*([stem] if stem else []), *block, *signs])
        if group:
            groups.append(tuple(group))
    return tuple(dict.fromkeys(groups))


def _stems(text: str) -> Iterator[str]:
    for word in normalised(text[:MOST_LETTERS]).split():
        stem = _stem(word[:LONGEST])
        if stem is not None:
            yield stem


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str | None:
    """None of a word that says nothing."""
    bare = min(readings(word), key=len)
    if (len(word) < SHORTEST and not word.isdecimal()) or word in COMMON or bare in COMMON:
        return None
    bare = bare.replace("ء", "")
    if bare.isascii():
        return _without(_ENGLISH_ENDINGS, bare)
    return _without(_ARABIC_ENDINGS, _without(_ARABIC_ENDINGS, bare))  # سياراتهم: what is theirs, and many


def _without(endings: Sequence[str], word: str) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


def _names(called: Called) -> Iterator[str]:
    others = getattr(called, "other_names", None)
    yield from (called.name.ar, called.name.en)
    if others is not None:
        yield from (*others.ar, *others.en)
